import { createStore, type StoreApi } from 'zustand/vanilla'
import type { GraphDocument } from '../../graph/document.ts'
import { parseGraph } from '../../graph/parse.ts'
import { writeGraph } from '../../graph/write.ts'
import type { EnqueueOptions, HostEvents, OpenedDocument, RunInfo } from '../../protocol/workbench.ts'
import type { HostClient } from '../host/client.ts'
import { isFault, messageOf } from '../host/fault.ts'
import { newest, RunList } from './run-list.ts'
import { RunReducer } from './run-reducer.ts'
import { staleNodes } from './stale.ts'
import type { ForkFrom, RunsState, RunView } from './types.ts'

/** Views are made at most this often; events in between join the next. */
const FRAME_MS = 50

export interface RunsNeeds {
  readonly client: HostClient
  /** The open document as it is to be run; null where none is open. */
  readonly source: () => {
    readonly id: string
    readonly document: GraphDocument
    readonly text: string
  } | null
  readonly document: () => GraphDocument
  readonly refuse: (message: string) => void
  readonly now: () => number
}

/** The queue, and what happens in the run that the window shows. */
export class Runs {
  readonly store: StoreApi<RunsState>
  private readonly needs: RunsNeeds
  private readonly list = new RunList()
  private readonly reducers = new Map<string, RunReducer>()
  /** Runs with events that no view shows yet. */
  private readonly pending = new Set<string>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private lastFrame = Number.NEGATIVE_INFINITY
  private following: string | null = null
  /** Picked from the history. */
  private picked: string | null = null
  private path: string | null = null
  /** Runs of the open document that no file names: of a bundle, or started before it was saved. */
  private mine = new Set<string>()
  private foreign: string | null = null
  /** What each run was made from, where this window knows. */
  private readonly graphs = new Map<string, GraphDocument>()

  constructor(needs: RunsNeeds) {
    this.needs = needs
    const { client } = needs
    this.store = createStore<RunsState>(() => ({
      infos: [],
      queue: [],
      history: [],
      views: new Map(),
      shown: null,
      ran: null,
      stale: new Set(),
      start: options => this.start(options),
      control: (action, steps, run = this.store.getState().shown ?? '') =>
        this.ask(() => client.request('run.control', { run, action, steps })),
      edit: changes =>
        this.asked(
          () => client.request('run.edit', { run: this.store.getState().shown ?? '', changes }),
          false,
        ),
      fork: (from, graph) => this.fork(from, graph),
      goOn: run => this.ask(() => client.request('run.continue', { run }), true),
      remove: run =>
        this.ask(async () => {
          await client.request('run.remove', { run })
          this.list.remove(run)
          return null
        }),
      rename: (run, title) => this.ask(() => client.request('run.rename', { run, title })),
      delete: run =>
        this.ask(async () => {
          await client.request('run.delete', { run })
          this.list.remove(run)
          return null
        }),
      move: (run, before) =>
        this.ask(async () => {
          await client.request('run.move', { run, before })
          return null
        }),
      show: run => {
        this.picked = run
        this.settle()
      },
    }))
    client.on('runs.changed', ({ runs }) => this.inform(runs))
    client.on('run.changed', ({ run, info }) => {
      if (info) this.list.told([info])
      else this.list.remove(run)
      this.settle()
    })
    client.on('run.events', event => this.take(event))
  }

  /** Another document is shown: its newest run, and the bundle's, come with it. */
  opened(opened: Pick<OpenedDocument, 'id' | 'path' | 'lastRun' | 'bundle'>): void {
    const { id, path, lastRun, bundle } = opened
    this.path = path
    this.picked = null
    this.mine = new Set(bundle ? [bundle.run.id] : [])
    this.foreign = bundle?.run.id ?? null
    this.list.learn([lastRun, bundle?.run].filter(run => run !== null && run !== undefined))
    this.settle()
    this.readHistory(id)
  }

  /** Asks for the document's runs of earlier days. */
  private readHistory(document: string): void {
    const { mine } = this
    const answered = this.list.asking()
    this.needs.client.request('runs.list', { document }).then(
      runs => {
        // Another document may have been opened meanwhile.
        if (this.mine !== mine) return
        for (const run of runs) mine.add(run.id)
        answered(runs)
        this.settle()
      },
      // Without its history a document is as usable as before.
      () => {},
    )
  }

  /** The document was written under this name. */
  renamed(path: string): void {
    // What it has shown so far stays in sight.
    if (path !== this.path) for (const run of this.store.getState().history) this.mine.add(run.id)
    this.path = path
    this.settle()
  }

  /** After a lost connection: what happened meanwhile comes from the first event that is missing. */
  again(): void {
    this.following = null
    this.settle()
  }

  inform(runs: readonly RunInfo[]): void {
    this.list.queue(runs)
    this.settle()
  }

  /** The document was edited, or a run's graph has become known. */
  mark(): void {
    const { shown, stale, ran: before } = this.store.getState()
    const ran = shown === null ? undefined : this.graphs.get(shown)
    if (before !== (ran ?? null)) this.store.setState({ ran: ran ?? null })
    const now = staleNodes(this.needs.document(), ran)
    if (now.size !== stale.size || [...now].some(id => !stale.has(id))) this.store.setState({ stale: now })
  }

  private async start(options: Partial<EnqueueOptions> = {}): Promise<void> {
    const source = this.needs.source()
    if (!source) return
    const { id: document, text } = source
    await this.ask(async () => {
      const whole = { engine: 'xla', fresh: false, ...options } as const
      const run = await this.needs.client.request('run.enqueue', { document, text, options: whole })
      this.graphs.set(run.id, source.document)
      return run
    }, true)
  }

  private async fork(from: ForkFrom, graph: 'canvas' | 'run'): Promise<boolean> {
    const source = this.needs.source()
    if (!source) return false
    const ran = graph === 'run' ? this.graphs.get(from.run) : undefined
    const { id: document } = source
    const used = ran ? { document: ran, text: writeGraph(ran) } : source
    return this.asked(async () => {
      const run = await this.needs.client.request('run.fork', { document, text: used.text, ...from })
      this.graphs.set(run.id, used.document)
      return run
    }, true)
  }

  private async ask(question: () => Promise<RunInfo | null>, look = false): Promise<void> {
    await this.asked(question, look)
  }

  /** Asks the host, shows what it answers, and says so where it refuses: then it resolves to false. */
  private async asked(question: () => Promise<RunInfo | null>, look: boolean): Promise<boolean> {
    const answered = this.list.asking()
    try {
      const run = await question()
      if (run) answered([run])
      if (run && look) {
        this.mine.add(run.id)
        this.picked = null
      }
      this.settle()
      return true
    } catch (error) {
      this.needs.refuse(messageOf(error))
      return false
    }
  }

  /** Brings the store to what is known, and follows the run that is shown. */
  private settle(): void {
    const infos = this.list.all
    const history = infos.filter(r => this.mine.has(r.id) || (r.file !== null && r.file === this.path))
    const picked = this.picked !== null && this.list.get(this.picked) ? this.picked : null
    const shown = picked ?? newest(history)?.id ?? null
    for (const [id, reducer] of this.reducers) {
      const info = this.list.get(id)
      if (!info) this.reducers.delete(id)
      else if (reducer.inform(info)) this.pending.add(id)
    }
    if (shown !== null && !this.reducers.has(shown)) {
      this.reducers.set(shown, new RunReducer(this.list.get(shown)!, shown === this.foreign))
      this.pending.add(shown)
    }
    const { queue: before } = this.store.getState()
    const { waiting } = this.list
    // The same list where nothing changed: a view of it is drawn again for news only.
    const queue = waiting.join() === before.join() ? before : waiting
    this.store.setState({ infos, queue, history, shown, views: this.views() })
    this.follow(shown)
    this.mark()
  }

  private follow(run: string | null): void {
    const { client } = this.needs
    if (run === this.following) return
    // What was followed before is no longer looked at; its events so far are kept.
    if (this.following) client.request('run.unfollow', { run: this.following }).catch(() => {})
    this.following = run
    const reducer = run === null ? undefined : this.reducers.get(run)
    if (run === null || !reducer) return
    const answered = this.list.asking()
    client.request('run.follow', { run, from: reducer.next }).then(
      info => {
        answered([info])
        reducer.followed(info.events)
        this.pending.add(run)
        this.settle()
      },
      error => {
        if (this.following === run) this.following = null
        // An author's results may come without what led to them.
        if (!isFault(error, 'not-found') && !isFault(error, 'lost')) this.needs.refuse(messageOf(error))
      },
    )
    if (!this.graphs.has(run)) this.learnGraph(run)
  }

  private learnGraph(run: string): void {
    this.needs.client.request('run.graph', { run }).then(
      ({ text }) => {
        const { document } = parseGraph(text)
        if (document) this.graphs.set(run, document)
        this.mark()
      },
      // Then nothing is known to be stale.
      () => {},
    )
  }

  private take({ run, from, events }: HostEvents['run.events']): void {
    const reducer = this.reducers.get(run)
    if (!reducer) return
    if (!reducer.take(from, events, this.needs.now())) {
      // Something is missing: ask for it.
      if (this.following !== run) return
      this.following = null
      this.follow(run)
      return
    }
    this.pending.add(run)
    const wait = this.lastFrame + FRAME_MS - this.needs.now()
    if (wait <= 0) this.publish()
    else this.timer ??= setTimeout(() => this.publish(), wait)
  }

  private publish(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.lastFrame = this.needs.now()
    this.store.setState({ views: this.views() })
  }

  private views(): ReadonlyMap<string, RunView> {
    const old = this.store.getState().views
    if (this.pending.size === 0) return old
    const views = new Map(old)
    for (const id of this.pending) {
      const reducer = this.reducers.get(id)
      if (reducer) views.set(id, reducer.view())
      else views.delete(id)
    }
    this.pending.clear()
    return views
  }
}
