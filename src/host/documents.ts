import { randomUUID } from 'node:crypto'
import { mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { GraphCommand } from '../graph/commands.ts'
import { parseGraph } from '../graph/parse.ts'
import type { HostEvent, Lease } from '../protocol/workbench.ts'
import { contentHash, readIfThere, writeFileAtomic } from './disk.ts'
import { Fault, logFault, systemCode } from './fault.ts'
import { Journal } from './journal.ts'
import { leaseName } from './lease.ts'
import { type Reader, SharedFile } from './shared-file.ts'

/** A window, as far as its documents care. */
export interface DocumentOwner {
  send(event: HostEvent): void
}

/** What `document.open` and `document.create` answer, but for the runs. */
export interface Opened {
  readonly document: OpenDocument
  readonly text: string
  readonly lease: Lease
  readonly recovered: readonly GraphCommand[]
}

/** Documents that windows have open: who may write, what was edited, what is on the disk. */
export class Documents {
  private readonly config: string
  private readonly files = new Map<string, SharedFile>()
  private readonly open = new Map<string, OpenDocument>()
  /** Windows that are gone, some perhaps while they opened a document. */
  private readonly gone = new WeakSet<DocumentOwner>()

  /** @param config folder for leases and journals, shared by all of a person's processes */
  constructor(config: string) {
    this.config = config
  }

  /** @throws {Fault} `not-found` also for another window's document */
  get(owner: DocumentOwner, id: string): OpenDocument {
    const found = this.open.get(id)
    if (!found || found.owner !== owner) throw new Fault('not-found', 'This document is not open here.')
    return found
  }

  async openFile(owner: DocumentOwner, given: string): Promise<Opened> {
    const path = await realpath(given)
    if (!(await stat(path)).isFile()) throw new Fault('bad-request', `${given} is not a file.`)
    const bytes = await readFile(path)
    const text = bytes.toString('utf8')
    refuseOthers(text, path)
    const document = this.add(owner, path, contentHash(bytes))
    const shared = this.shared(path, contentHash(bytes))
    let lease = document.share(shared)
    // A window that opens its own file anew (to see what is on the disk) does not stand in its own way.
    if (lease.mode === 'reader' && [...this.open.values()].some(d => d.owner === owner && shared.isWriter(d)))
      lease = document.takeOver()
    const recovered = lease.mode === 'writer' ? await document.journal.recover() : []
    return { document, text, lease, recovered }
  }

  /** A document without a file. One that was lost from the same text gives its edits. */
  async create(owner: DocumentOwner, text: string): Promise<Opened> {
    refuseOthers(text, 'This text')
    const document = this.add(owner, null, null, text)
    const recovered = await document.journal.recover()
    return { document, text, lease: { mode: 'writer' }, recovered }
  }

  /**
   * Writes a document's text over the version that it was opened with (`expected`), or under another name.
   *
   * @throws {Fault} `conflict` when the file is not what was expected, `read-only` without the lease
   */
  async save(
    document: OpenDocument,
    text: string,
    expected: string | null,
    as?: string,
  ): Promise<{ readonly path: string; readonly version: string }> {
    refuseOthers(text, 'What was to be saved')
    return document.inTurn(async () => {
      const given = as ?? document.path
      if (given === null) throw new Fault('bad-request', 'A new document needs a name to be saved under.')
      const path = await resolveTarget(given)
      if (extname(path) !== '.json')
        throw new Fault('bad-request', `${basename(path)}: a graph file's name ends in .json.`)
      const moves = path !== document.path
      const shared = moves ? this.shared(path, expected ?? '') : document.file!
      if (moves && this.shared(path, '').add(document.probe).mode !== 'writer') {
        shared.remove(document.probe)
        this.sweep()
        throw new Fault('read-only', `${basename(path)} is open in another window.`)
      }
      try {
        if (!moves && !shared.isWriter(document))
          throw new Fault('read-only', 'Another window edits this document.')
        const version = contentHash(text)
        await shared.saving(async () => {
          await refuseConflict(path, expected)
          await writeFileAtomic(path, text)
          return version
        })
        if (moves) document.moveTo(path, shared)
        document.version = version
        await document.journal.restart(version, journalKey(path))
        return { path, version }
      } finally {
        if (moves) shared.remove(document.probe)
        this.sweep()
      }
    })
  }

  /** The person is done with it: unsaved edits go. */
  async close(document: OpenDocument): Promise<void> {
    this.forget(document)
    await document.journal.discard()
  }

  /** A window is gone without a word (a reload, a crash): its unsaved edits wait for the next one. */
  async leave(owner: DocumentOwner): Promise<void> {
    this.gone.add(owner)
    const left = [...this.open.values()].filter(d => d.owner === owner)
    // The edits first: whoever becomes the writer next must find them.
    await Promise.all(left.map(d => d.journal.abandon().catch(logFault)))
    for (const document of left) this.forget(document)
  }

  async shutdown(): Promise<void> {
    const all = [...this.open.values()]
    await Promise.all(all.map(d => d.journal.abandon().catch(logFault)))
    for (const document of all) this.forget(document)
  }

  /** Where an unsaved document's relative paths start and its runs go. */
  homeOf(document: OpenDocument): string {
    return document.path ?? join(this.config, 'unsaved', document.id, 'graph.json')
  }

  private add(owner: DocumentOwner, path: string | null, version: string | null, text = ''): OpenDocument {
    if (this.gone.has(owner)) throw new Fault('cancelled', 'The window is gone.')
    const id = randomUUID()
    const key = path === null ? `new-${leaseName(text)}` : journalKey(path)
    const document = new OpenDocument(
      owner,
      id,
      path,
      version,
      new Journal(join(this.config, 'journals'), key, id, version),
    )
    this.open.set(id, document)
    return document
  }

  private shared(path: string, version: string): SharedFile {
    let shared = this.files.get(path)
    if (!shared) {
      shared = new SharedFile(join(this.config, 'leases'), path, version)
      this.files.set(path, shared)
    }
    return shared
  }

  private forget(document: OpenDocument): void {
    this.open.delete(document.id)
    document.file?.remove(document)
    this.sweep()
  }

  private sweep(): void {
    for (const [path, shared] of this.files)
      if (shared.isUnused) {
        shared.close()
        this.files.delete(path)
      }
  }
}

/** One document in one window. */
export class OpenDocument implements Reader {
  readonly owner: DocumentOwner
  readonly id: string
  readonly journal: Journal
  /** Stands for this document at a file that it is about to be saved under. */
  readonly probe: Reader
  path: string | null
  version: string | null
  file: SharedFile | undefined
  private chain: Promise<unknown> = Promise.resolve()

  constructor(
    owner: DocumentOwner,
    id: string,
    path: string | null,
    version: string | null,
    journal: Journal,
  ) {
    this.owner = owner
    this.id = id
    this.path = path
    this.version = version
    this.journal = journal
    this.probe = { holder: this.holder, version: null, lease: () => {}, changedOnDisk: () => {} }
  }

  get holder(): string {
    return `another window (process ${process.pid})`
  }

  /** May be edited here: nobody else holds the lease. */
  get owned(): boolean {
    return !this.file || this.file.isWriter(this)
  }

  share(file: SharedFile): Lease {
    this.file = file
    return file.add(this)
  }

  moveTo(path: string, file: SharedFile): void {
    this.file?.remove(this)
    this.path = path
    this.file = file
    file.replace(this.probe, this)
  }

  takeOver(): Lease {
    this.file?.takeOver(this)
    return { mode: 'writer' }
  }

  edit(command: GraphCommand): Promise<void> {
    return this.inTurn(async () => {
      if (!this.owned) throw new Fault('read-only', 'Another window edits this document.')
      await this.journal.append(command)
    })
  }

  lease(lease: Lease): void {
    this.owner.send({ event: 'document.lease', data: { document: this.id, lease } })
  }

  changedOnDisk(version: string | null): void {
    this.owner.send({ event: 'document.changedOnDisk', data: { document: this.id, version } })
  }

  /** Edits and saves keep the order in which they were asked for. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.chain.then(work)
    this.chain = done.catch(() => {
      // Whoever asked for it hears of it.
    })
    return done
  }
}

const journalKey = (path: string): string => `file-${leaseName(path)}`

/** Only graphs are opened and saved; one with faults is still a graph. */
function refuseOthers(text: string, what: string): void {
  const { document, diagnostics } = parseGraph(text)
  if (!document) throw new Fault('not-a-graph', `${what} is not a graph.`, diagnostics)
}

/** The file behind a link; the name itself where there is no file yet. */
async function resolveTarget(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (e) {
    if (systemCode(e) !== 'ENOENT') throw e
    await mkdir(dirname(path), { recursive: true })
    return join(await realpath(dirname(path)), basename(path))
  }
}

async function refuseConflict(path: string, expected: string | null): Promise<void> {
  const text = await readIfThere(path)
  const found = text === undefined ? null : contentHash(text)
  if (found === expected) return
  throw new Fault(
    'conflict',
    found === null
      ? `${basename(path)} is no longer there.`
      : expected === null
        ? `${basename(path)} exists already.`
        : `${basename(path)} was changed by someone else.`,
  )
}
