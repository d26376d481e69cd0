import type { GraphDocument } from '../../graph/document.ts'
import { parseGraph } from '../../graph/parse.ts'
import { writeGraph } from '../../graph/write.ts'
import type { Lease, OpenedDocument } from '../../protocol/workbench.ts'
import type { HostClient } from '../host/client.ts'
import { HostError, isFault, messageOf } from '../host/fault.ts'
import type { Documents, Parked } from './document.ts'
import { EMPTY } from './empty.ts'
import type { Journal, JournalSlot } from './journal.ts'
import type { Runs } from './runs.ts'
import type { DocumentState, SessionState } from './types.ts'

/** A document as a tab finds it again: its file, or the text that it had when it was new. */
export type Remembered = { readonly path: string } | { readonly text: string }

export interface ActionNeeds {
  readonly client: HostClient
  readonly documents: Documents
  readonly journals: JournalSlot
  readonly runs: Runs
  readonly notify: SessionState['notify']
  /** Keeps for this tab what to open again after a reload. */
  readonly remember: (shown: Remembered) => void
  /** A document was put aside for another. */
  readonly aside: (tab: ParkedTab) => void
}

/** A document that is open while another is shown. */
export interface ParkedTab {
  readonly parked: Parked
  readonly journal: Journal
  readonly newText: string | null
  readonly opened: OpenedDocument | null
}

/**
 * A window that only read becomes the one that edits without having asked: the writer is gone. Opening the file again
 * brings what that one had not saved.
 */
export const inherits = (state: Pick<DocumentState, 'lease' | 'dirty'>, lease: Lease): boolean =>
  state.lease.mode === 'reader' && lease.mode === 'writer' && !state.dirty

/** What a person does with documents as files. Each says itself when it fails, and then changes nothing. */
export class DocumentActions {
  private readonly needs: ActionNeeds
  private schemas: AbortController | undefined
  /** What a document without a file had when it was made: the host knows its edits by it. */
  private newText: string | null = null
  private opened: OpenedDocument | null = null
  /** A person asked for the other window's place, and leaves its edits to it. */
  private takingOver = false

  constructor(needs: ActionNeeds) {
    this.needs = needs
  }

  /** Opens a graph file or a bundle; true when it is shown. */
  open(path: string): Promise<boolean> {
    return this.show(() => this.needs.client.request('document.open', { path }))
  }

  /** A new document without a file. */
  create(document: GraphDocument = EMPTY): Promise<boolean> {
    return this.createText(writeGraph(document))
  }

  /** A document from its text; edits of one that was lost with the same text come back. */
  createText(text: string): Promise<boolean> {
    return this.show(() => this.needs.client.request('document.create', { text }))
  }

  /** Opens a file, or a document of a text that has no file, and keeps open what is shown. */
  openBeside(what: Remembered): Promise<boolean> {
    const { client } = this.needs
    const ask = () =>
      'path' in what ? client.request('document.open', what) : client.request('document.create', what)
    return this.show(ask, true)
  }

  /** Puts aside what is shown; something else must be shown at once. */
  park(): ParkedTab {
    const { documents, journals } = this.needs
    // What is found now would be learnt by the document that is shown next.
    this.schemas?.abort()
    return {
      parked: documents.park(),
      journal: journals.putAside(),
      newText: this.newText,
      opened: this.opened,
    }
  }

  /** Shows again what was put aside. */
  unpark({ parked, journal, newText, opened }: ParkedTab): void {
    const { documents, journals, runs, remember } = this.needs
    journals.current = journal
    this.newText = newText
    this.opened = opened
    documents.unpark(parked)
    const { id, path, document, schemas } = this.state
    // It was put aside before its sources were read, or they could not be.
    if (Object.values(schemas).some(({ state }) => state !== 'known')) void this.lookAt(document)
    // Its last run as it was when it was opened is old news.
    if (opened && id !== null) runs.opened({ ...opened, id, path, lastRun: null })
    remember(this.remembered())
  }

  /** How the shown document is found again after a reload; or one that was put aside. */
  remembered(tab?: ParkedTab): Remembered {
    const { path, document } = tab?.parked.state ?? this.state
    const text = tab ? tab.newText : this.newText
    return path === null ? { text: text ?? writeGraph(document) } : { path }
  }

  /** Gives up a document that was put aside. */
  async drop({ parked }: ParkedTab): Promise<void> {
    const { id } = parked.state
    if (id !== null) await this.needs.client.request('document.close', { document: id }).catch(() => {})
  }

  /** After a lost connection: opens on the host what was put aside. */
  async againAside(tab: ParkedTab): Promise<ParkedTab> {
    const { client, notify } = this.needs
    const { path, version, document } = tab.parked.state
    try {
      const opened =
        path === null
          ? await client.request('document.create', { text: tab.newText ?? writeGraph(document) })
          : await client.request('document.open', { path })
      const state = { ...tab.parked.state, id: opened.id, lease: opened.lease }
      const theirs = opened.version !== version
      if (!theirs) tab.journal.again(opened.id, opened.recovered)
      const changedOnDisk = theirs ? { version: opened.version } : state.changedOnDisk
      return { ...tab, parked: { ...tab.parked, state: { ...state, changedOnDisk } } }
    } catch (error) {
      if (isFault(error, 'lost')) throw error
      notify(`“${document.meta.title}” could not be opened again: ${messageOf(error)}`, 'bad')
      return tab
    }
  }

  /** Writes the file; true when it is on the disk. A document without a file needs a name: `saveAs`. */
  save(): Promise<boolean> {
    return this.write(undefined)
  }

  /** `replace`: a person agreed to lose the file that is there. */
  saveAs(path: string, replace = false): Promise<boolean> {
    return this.write(path, replace)
  }

  /** The file has become another: shows it, and drops the edits made here. */
  async reload(): Promise<void> {
    const { path, id } = this.state
    if (path === null || id === null) return
    await this.show(async () => {
      await this.needs.client.request('document.close', { document: id })
      return this.needs.client.request('document.open', { path })
    })
  }

  /** The file has become another: the next save replaces it by this document. */
  keepMine(): void {
    const { changedOnDisk } = this.state
    if (changedOnDisk) this.needs.documents.keep(changedOnDisk.version)
  }

  /** Makes this window the one that edits. */
  async takeOver(): Promise<void> {
    const { id } = this.state
    if (id === null) return
    this.takingOver = true
    try {
      await this.needs.client.request('document.takeOver', { document: id })
    } catch (error) {
      this.needs.notify(`This window could not take over: ${messageOf(error)}`, 'bad')
    } finally {
      this.takingOver = false
    }
  }

  /** The host says who edits. */
  lease(lease: Lease): void {
    if (!this.takingOver && inherits(this.state, lease)) void this.reload()
    else this.needs.documents.store.setState({ lease })
  }

  /** The notice about recovered edits was read. */
  dismissRecovered(): void {
    this.needs.documents.store.setState({ recovered: 0 })
  }

  /** Writes a bundle of the graph with a run's results. */
  async exportBundle(run: string, path: string): Promise<boolean> {
    const { client, notify } = this.needs
    try {
      const written = await client.request('bundle.write', { run, path })
      notify(`Bundle written: ${written.path}`, 'good', `${(written.bytes / 1e6).toFixed(1)} MB`)
      return true
    } catch (error) {
      notify(`The bundle was not written: ${messageOf(error)}`, 'bad')
      return false
    }
  }

  /** Has the engine look at the document's sources; a later look takes the place of one that is under way. */
  async lookAt(document: GraphDocument): Promise<void> {
    const { client, documents } = this.needs
    const { id } = this.state
    this.schemas?.abort()
    if (id === null) return
    const mine = new AbortController()
    this.schemas = mine
    const asked = documents.asked
    try {
      const { signal } = mine
      const read = await client.request(
        'schemas.read',
        { document: id, text: writeGraph(document) },
        { signal },
      )
      documents.learn(asked, read.schemas)
    } catch (error) {
      // Lost: asked again when the connection is back.
      if (isFault(error, 'cancelled') || isFault(error, 'lost')) return
      const message = messageOf(error)
      const failed = [...asked.keys()].map(wire => [wire, { state: 'failed', message }] as const)
      documents.learn(asked, Object.fromEntries(failed))
    } finally {
      if (this.schemas === mine) this.schemas = undefined
    }
  }

  /** The engine is asked about sources, and has not answered. */
  get isLooking(): boolean {
    return this.schemas !== undefined
  }

  /** After a lost connection: opens on the host what the window shows, without touching what it shows. */
  async again(): Promise<void> {
    const { client, documents, journals } = this.needs
    const { id, path, version, document } = this.state
    if (id === null) return
    const opened =
      path === null
        ? await client.request('document.create', { text: this.newText ?? writeGraph(document) })
        : await client.request('document.open', { path })
    documents.store.setState({ id: opened.id, lease: opened.lease })
    if (opened.version !== version) documents.store.setState({ changedOnDisk: { version: opened.version } })
    else if (!journals.current.again(opened.id, opened.recovered))
      this.needs.notify('Another window has edited this document', 'bad', 'Reload it, or save to keep yours.')
    void this.lookAt(document)
  }

  /** `beside`: what was shown stays open. */
  private async show(ask: () => Promise<OpenedDocument>, beside = false): Promise<boolean> {
    const { client, documents, journals, runs, notify, remember } = this.needs
    const before = beside ? null : this.state.id
    documents.store.setState({ busy: 'opening' })
    try {
      const opened = await ask()
      const { document, diagnostics } = parseGraph(opened.text)
      if (!document) throw new HostError({ tag: 'not-a-graph', message: 'this is not a graph', diagnostics })
      const { id, path, version, lease, recovered } = opened
      if (before !== null && before !== id)
        client.request('document.close', { document: before }).catch(() => {})
      const aside = beside ? this.park() : null
      if (aside) this.needs.aside(aside)
      journals.current.begin(id, recovered)
      this.newText = path === null ? opened.text : null
      documents.open({ id, path, version, lease, document, recovered })
      this.opened = opened
      runs.opened(opened)
      remember(path === null ? { text: opened.text } : { path })
      return true
    } catch (error) {
      documents.store.setState({ busy: null })
      const [first] = error instanceof HostError ? error.diagnostics : []
      const line = first?.line === undefined ? '' : `line ${first.line}: `
      notify(`It could not be opened: ${messageOf(error)}`, 'bad', first && `${line}${first.message}`)
      return false
    }
  }

  private async write(path: string | undefined, replace = false): Promise<boolean> {
    const { client, documents, journals, runs, notify, remember } = this.needs
    const { id } = this.state
    if (id === null) return false
    if (path === undefined && this.state.lease.mode === 'reader') {
      notify('This document is read-only here', 'bad', 'Save it under another name, or take over.')
      return false
    }
    documents.store.setState({ busy: 'saving' })
    try {
      const same = path === undefined || path === this.state.path
      const other = !same && replace ? await this.versionOf(path) : null
      await journals.current.exclusive(async () => {
        // Read now: edits may have been made while those before were being sent.
        const { document, version } = this.state
        const text = writeGraph(document)
        const expected = same ? version : other
        const saved = await client.request('document.save', { document: id, text, expected, path })
        documents.saved(document, saved.path, saved.version)
        runs.renamed(saved.path)
        remember({ path: saved.path })
      })
      return true
    } catch (error) {
      documents.store.setState({ busy: null })
      if (isFault(error, 'conflict') && path === undefined)
        documents.store.setState({ changedOnDisk: this.state.changedOnDisk ?? { version: null } })
      else notify(`It was not saved: ${messageOf(error)}`, 'bad')
      return false
    }
  }

  /** What a file holds now that is about to be replaced. */
  private async versionOf(path: string): Promise<string | null> {
    const { client } = this.needs
    const { id, version } = await client.request('document.open', { path })
    await client.request('document.close', { document: id })
    return version
  }

  private get state() {
    return this.needs.documents.store.getState()
  }
}
