import { createStore, type StoreApi } from 'zustand/vanilla'
import { writeGraph } from '../../graph/write.ts'
import type { Lease } from '../../protocol/workbench.ts'
import { brief } from '../ui/brief.ts'
import { type DocumentActions, inherits, type ParkedTab, type Remembered } from './actions.ts'
import { EMPTY } from './empty.ts'
import type { DocumentState } from './types.ts'

/** An open document as its tab shows it. */
export interface Tab {
  readonly key: number
  readonly title: string
  readonly path: string | null
  readonly dirty: boolean
}

/** The tabs as they are found again after a reload, from left to right. */
export interface RememberedTabs {
  readonly tabs: readonly Remembered[]
  /** Which of them is shown. */
  readonly active: number
}

export interface TabsState {
  /** From left to right; the shown document's among them. */
  readonly tabs: readonly Tab[]
  readonly active: number
}

/** The documents that are open in this window: one is shown, the others are put aside with their undo. */
export class Tabs {
  readonly store: StoreApi<TabsState>
  private readonly actions: DocumentActions
  private readonly document: StoreApi<DocumentState>
  private readonly aside = new Map<number, ParkedTab>()
  /** Documents that this window may edit from now on, with the edits that their writer has left. */
  private readonly heirs = new Set<number>()
  private last = 1

  constructor(actions: DocumentActions, document: StoreApi<DocumentState>) {
    this.actions = actions
    this.document = document
    this.store = createStore<TabsState>(() => ({ tabs: [this.shown(1)], active: 1 }))
    document.subscribe(({ document: doc, dirty, path }, before) => {
      if (doc.meta !== before.document.meta || dirty !== before.dirty || path !== before.path) this.refresh()
    })
  }

  /** The tabs whose documents were edited and not saved. */
  get unsaved(): readonly Tab[] {
    return this.store.getState().tabs.filter(tab => tab.dirty)
  }

  get remembered(): RememberedTabs {
    const { tabs, active } = this.store.getState()
    return {
      tabs: tabs.map(({ key }) => this.actions.remembered(this.aside.get(key))),
      active: tabs.findIndex(tab => tab.key === active),
    }
  }

  /** After a reload, with the shown document open: opens the others again, each with its unsaved edits. */
  async restore({ tabs: kept, active }: RememberedTabs): Promise<void> {
    const shown = this.store.getState().active
    const keys: number[] = []
    for (const [place, what] of kept.entries())
      if (place === active) keys.push(shown)
      else if (await this.actions.openBeside(what)) keys.push(this.store.getState().active)
    this.show(shown)
    const { tabs } = this.store.getState()
    this.store.setState({ tabs: [...tabs].sort((a, b) => keys.indexOf(a.key) - keys.indexOf(b.key)) })
  }

  /** Opens a file in a tab of its own; one that is open already is shown. */
  async open(path: string): Promise<void> {
    const there = this.store.getState().tabs.find(tab => tab.path === path)
    if (there) this.show(there.key)
    else if (this.isBlank) await this.actions.open(path)
    else await this.actions.openBeside({ path })
  }

  /** Shows a document that has no file, in a tab of its own. */
  async openText(text: string = writeGraph(EMPTY)): Promise<void> {
    if (this.isBlank) await this.actions.createText(text)
    else await this.actions.openBeside({ text })
  }

  /** What was shown is put aside, for a document that is shown from now on. */
  addAside(tab: ParkedTab): void {
    const { tabs, active } = this.store.getState()
    this.aside.set(active, tab)
    const key = ++this.last
    const place = tabs.findIndex(one => one.key === active) + 1
    this.store.setState({ tabs: tabs.toSpliced(place, 0, this.shown(key)), active: key })
  }

  show(key: number): void {
    const { active } = this.store.getState()
    const tab = this.aside.get(key)
    if (!tab) return
    this.aside.delete(key)
    this.aside.set(active, this.actions.park())
    this.store.setState({ active: key })
    this.actions.unpark(tab)
    this.refresh()
    if (this.heirs.delete(key)) void this.actions.reload()
  }

  /** Shows the tab so many places further; after the last comes the first. */
  turn(by: number): void {
    const { tabs, active } = this.store.getState()
    const at = tabs.findIndex(tab => tab.key === active)
    const next = tabs[(at + by + tabs.length) % tabs.length]!
    this.show(next.key)
  }

  /** Closes a tab, with the edits that were not saved. The last one leaves a new document behind. */
  async close(key: number): Promise<void> {
    const { tabs, active } = this.store.getState()
    if (tabs.length === 1) {
      await this.actions.create()
      return
    }
    if (key === active) {
      const at = tabs.findIndex(tab => tab.key === key)
      this.show((tabs[at + 1] ?? tabs[at - 1])!.key)
    }
    const tab = this.aside.get(key)
    this.aside.delete(key)
    this.store.setState({ tabs: this.store.getState().tabs.filter(one => one.key !== key) })
    if (tab) await this.actions.drop(tab)
  }

  /** The host says who edits a document that is put aside. */
  lease(document: string, lease: Lease): void {
    for (const [key, { parked }] of this.aside)
      if (parked.state.id === document && inherits(parked.state, lease)) this.heirs.add(key)
      else this.tell(document, { lease })
  }

  /** Something that the host tells of a document that is put aside. */
  tell(document: string, news: Partial<DocumentState>): void {
    for (const [key, tab] of this.aside)
      if (tab.parked.state.id === document)
        this.aside.set(key, { ...tab, parked: { ...tab.parked, state: { ...tab.parked.state, ...news } } })
  }

  changedOnDisk(document: string, version: string | null): void {
    for (const { parked } of this.aside.values())
      if (parked.state.id === document && parked.state.version !== version)
        this.tell(document, { changedOnDisk: { version } })
  }

  /** After a lost connection. */
  async again(): Promise<void> {
    for (const [key, tab] of [...this.aside]) this.aside.set(key, await this.actions.againAside(tab))
  }

  private get isBlank(): boolean {
    const { path, dirty, document } = this.document.getState()
    return path === null && !dirty && Object.keys(document.nodes).length === 0
  }

  private shown(key: number): Tab {
    const { document, path, dirty } = this.document.getState()
    return { key, title: brief(document.meta.title), path, dirty }
  }

  private refresh(): void {
    const { tabs, active } = this.store.getState()
    this.store.setState({ tabs: tabs.map(tab => (tab.key === active ? this.shown(active) : tab)) })
  }
}
