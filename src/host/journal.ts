import { mkdirSync } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { GraphCommand } from '../graph/commands.ts'
import { syncFolder, writeFileAtomic } from './disk.ts'
import { logFault, systemCode } from './fault.ts'
import { isAlive, markName, markOf, processMark, thisProcess } from './process-mark.ts'

/** The disk is asked to keep an edit this long after it was made; it is in the system's hands at once. */
const SYNC_MS = 500

const header = z.object({
  format: z.literal('diptych-journal'),
  version: z.literal(1),
  owner: processMark,
  /** Version of the file that the edits start from; null for a document without a file. */
  base: z.string().nullable(),
})
const command = z.looseObject({ type: z.string() })

/** The end of a name while its edits are being taken over, and by which process. */
const CLAIM = /\.(\d+-\d*)\.claimed$/

/**
 * The edits of one open document since it was opened or saved: a header line, then one edit a line. The name
 * begins with what a later session looks it up by, and ends in `.orphan.jsonl` once its window is gone.
 */
export class Journal {
  private readonly folder: string
  private key: string
  private readonly id: string
  private base: string | null
  private handle: FileHandle | undefined
  private timer: NodeJS.Timeout | undefined
  private count = 0
  /** Whole lines that are in its file. */
  private bytes = 0
  private chain: Promise<unknown> = Promise.resolve()
  /** Its window is gone. */
  private isLeft = false

  /** Nothing is written before the first edit. */
  constructor(folder: string, key: string, id: string, base: string | null) {
    this.folder = folder
    this.key = key
    this.id = id
    this.base = base
  }

  /** Edits that are in it. */
  get length(): number {
    return this.count
  }

  private get path(): string {
    return join(this.folder, `${this.key}.${this.id}.jsonl`)
  }

  /** Resolves when the system has the edit: it outlives this process; a second later it outlives the machine. */
  append(edit: GraphCommand): Promise<void> {
    return this.inTurn(async () => {
      this.handle ??= await this.open()
      await this.write(this.bytes === 0 ? [this.head, edit] : [edit])
      this.count++
      this.timer ??= setTimeout(() => void this.sync(), SYNC_MS)
    })
  }

  /** Forgets the edits: the file holds them now. A document that got a name is looked up by it from now on. */
  restart(base: string, key = this.key): Promise<void> {
    return this.inTurn(async () => {
      await this.close()
      await rm(this.path, { force: true })
      this.key = key
      this.base = base
      this.count = 0
      this.bytes = 0
    })
  }

  /** Nobody wants the edits any more. */
  discard(): Promise<void> {
    this.isLeft = true
    return this.inTurn(async () => {
      await this.close()
      await rm(this.path, { force: true })
    })
  }

  /** The window is gone without a word: leaves the edits to whoever opens the document next. */
  abandon(): Promise<void> {
    this.isLeft = true
    return this.inTurn(async () => {
      await this.close()
      const left = join(this.folder, `${this.key}.${this.id}.orphan.jsonl`)
      if (this.count > 0) await rename(this.path, left).catch(ignoreMissing)
      else await rm(this.path, { force: true })
    })
  }

  /**
   * Takes over the edits that a session which ended badly has left for this document. A window that goes meanwhile
   * leaves them to the next one.
   */
  recover(): Promise<readonly GraphCommand[]> {
    return this.inTurn(async () => {
      if (this.isLeft) return []
      for (const name of await abandoned(this.folder, this.key)) {
        const edits = await this.takeOver(name)
        if (edits) return edits
      }
      return []
    })
  }

  /** The edits of an abandoned journal, in this one from now on; undefined where they can't be. */
  private async takeOver(name: string): Promise<readonly GraphCommand[] | undefined> {
    const path = join(this.folder, name)
    // Renaming is the claim: only one can do it. Should this process end before it is done, the next one claims it.
    const claimed = join(this.folder, `${name.replace(CLAIM, '')}.${markName(thisProcess())}.claimed`)
    try {
      await rename(path, claimed)
    } catch (e) {
      if (systemCode(e) === 'ENOENT') return undefined
      throw e
    }
    const found = parse(await readFile(claimed, 'utf8'))
    if (!found || found.edits.length === 0) {
      await rm(claimed, { force: true })
      return undefined
    }
    if (found.base !== this.base) {
      // They start from another content and can't be applied to this one; nothing of a person's is deleted.
      await rename(claimed, claimed.replace(CLAIM, '.unfit'))
      return undefined
    }
    const lines = textOf([this.head, ...found.edits])
    // On the disk, before what it was read from goes.
    await writeFileAtomic(this.path, lines)
    this.handle = await this.open()
    this.bytes = Buffer.byteLength(lines)
    this.count = found.edits.length
    await rm(claimed, { force: true })
    return found.edits
  }

  private get head(): z.infer<typeof header> {
    return { format: 'diptych-journal', version: 1, owner: thisProcess(), base: this.base }
  }

  private open(): Promise<FileHandle> {
    mkdirSync(this.folder, { recursive: true })
    return open(this.path, 'a')
  }

  /** All of these lines or, on a full disk, none: half a line would hide those after it. */
  private async write(lines: readonly object[]): Promise<void> {
    const text = textOf(lines)
    try {
      await this.handle!.appendFile(text)
    } catch (e) {
      await this.handle!.truncate(this.bytes).catch(logFault)
      throw e
    }
    this.bytes += Buffer.byteLength(text)
  }

  /** Beside the edits, which don't wait for it: a busy disk may take its time. */
  private async sync(): Promise<void> {
    this.timer = undefined
    try {
      await this.handle?.sync()
      await syncFolder(this.folder)
    } catch (e) {
      logFault(e)
    }
  }

  private async close(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    await this.handle?.close()
    this.handle = undefined
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.chain.then(work)
    this.chain = done.catch(() => {
      // Whoever asked for it hears of it.
    })
    return done
  }
}

const textOf = (lines: readonly object[]): string => lines.map(line => `${JSON.stringify(line)}\n`).join('')

/** Journals of this key whose window or process is gone, the newest first. */
async function abandoned(folder: string, key: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[])
  const found: { readonly name: string; readonly time: number }[] = []
  for (const name of names) {
    const claim = CLAIM.exec(name)?.[1]
    const claimer = claim === undefined ? undefined : markOf(claim)
    if (!name.startsWith(`${key}.`) || !(name.endsWith('.jsonl') || (claimer && !isAlive(claimer)))) continue
    const path = join(folder, name)
    const stats = await stat(path).catch(() => undefined)
    if (!stats) continue
    if (!claimer && !name.endsWith('.orphan.jsonl')) {
      const parsed = parse(await readFile(path, 'utf8').catch(() => ''))
      if (!parsed || isAlive(parsed.owner)) continue
    }
    found.push({ name, time: stats.mtimeMs })
  }
  return found.sort((a, b) => b.time - a.time).map(({ name }) => name)
}

/** A journal's content; a last line that was cut short is left out. */
function parse(text: string) {
  const [first = '', ...lines] = text.split('\n')
  try {
    const head = header.parse(JSON.parse(first))
    const edits: GraphCommand[] = []
    for (const line of lines) {
      if (!line) break
      const read = command.safeParse(readJson(line))
      if (!read.success) break
      edits.push(read.data as unknown as GraphCommand)
    }
    return { ...head, edits }
  } catch {
    return undefined
  }
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function ignoreMissing(e: unknown): void {
  if (systemCode(e) !== 'ENOENT') throw e
}
