import { createStore, type StoreApi } from 'zustand/vanilla'
import type { WatchJson, Wire } from '../../graph/document.ts'
import { watchName } from '../../graph/watches.ts'
import { MOST_WATCHES, type Watched, type WatchNotice, type WatchSpec } from '../../protocol/watch.ts'
import type { HostClient } from '../host/client.ts'
import { isLive } from './run-reducer.ts'
import type { DocumentState, RunsState } from './types.ts'

/** How a watch is looked at: what is of this window, and no part of the file. */
export type WatchLook = Pick<WatchSpec, 'field' | 'at' | 'token' | 'cell'>

export interface SeenWatch {
  readonly watched: Watched
  readonly bytes: Uint8Array
}

export interface WatchesState {
  /** Of the open document. */
  readonly list: readonly WatchJson[]
  readonly looks: ReadonlyMap<string, WatchLook>
  /** By watch and then by Train: what was seen last in the run that is shown. */
  readonly seen: ReadonlyMap<string, ReadonlyMap<string, SeenWatch>>
  /** The one that is looked at. */
  readonly active: string | null

  /** Watches a wire, or looks at it where it is watched already. */
  add(wire: Wire, inner?: string): void
  remove(name: string): void
  /** Changes what the file has of a watch. */
  change(name: string, to: Partial<WatchJson>): void
  look(name: string, look: WatchLook): void
  show(name: string): void
}

interface Needs {
  readonly client: HostClient
  readonly document: StoreApi<DocumentState>
  readonly runs: StoreApi<RunsState>
}

const EVERY = 10
const NONE: readonly WatchJson[] = []

/** What a watch of the file asks of the engine. */
const specOf = (watch: WatchJson, look: WatchLook | undefined): WatchSpec => ({
  id: watchName(watch),
  wire: watch.wire,
  ...(watch.inner !== undefined && { inner: watch.inner }),
  sample: watch.step === undefined ? 'next' : { step: watch.step },
  every: watch.every,
  ...look,
})

/** The wires that are watched: kept in the file, told to the run that is shown, and what came back. */
export class Watches {
  readonly store: StoreApi<WatchesState>
  private readonly needs: Needs
  /** What the host was told last: the run and its watches. */
  private told = ''
  /** Notices that came while an older value of the same was on its way. */
  private readonly reading = new Map<string, WatchNotice | null>()

  constructor(needs: Needs) {
    this.needs = needs
    this.store = createStore<WatchesState>((_, get) => ({
      list: needs.document.getState().document.watches ?? NONE,
      looks: new Map(),
      seen: new Map(),
      active: null,
      add: (wire, inner) => this.add({ wire, every: EVERY, ...(inner !== undefined && { inner }) }),
      remove: name => this.write(get().list.filter(w => watchName(w) !== name)),
      change: (name, to) => this.write(get().list.map(w => (watchName(w) === name ? { ...w, ...to } : w))),
      look: (name, look) => {
        this.store.setState({ looks: new Map(get().looks).set(name, { ...get().looks.get(name), ...look }) })
        this.tell()
      },
      show: active => this.store.setState({ active }),
    }))
    needs.document.subscribe((now, before) => {
      if (now.document.watches !== before.document.watches) this.relist(now.id === before.id)
    })
    needs.runs.subscribe(() => this.tell())
    needs.client.on('run.watched', ({ run, ...notice }) => {
      if (run === needs.runs.getState().shown) void this.read(run, notice)
    })
  }

  /** After a lost connection the host may know of nothing. */
  again(): void {
    this.told = ''
    this.tell()
  }

  private add(watch: WatchJson): void {
    const { list, show } = this.store.getState()
    const name = watchName(watch)
    if (!list.some(w => watchName(w) === name)) {
      // With more than the engine takes, the oldest gives way.
      this.write([...list.slice(1 - MOST_WATCHES), watch])
    }
    show(name)
  }

  private write(watches: readonly WatchJson[]): void {
    this.needs.document.getState().run({ type: 'setWatches', watches })
  }

  private relist(isSameFile: boolean): void {
    const before = this.store.getState()
    const list = this.needs.document.getState().document.watches ?? NONE
    const names = list.map(watchName)
    const there = new Set(names)
    const old = before.list.map(watchName)
    // One that is gone where another has come in its place has moved, as its node has.
    const moved = new Map<string, string>()
    if (isSameFile && old.length === names.length)
      for (const [i, name] of old.entries())
        if (!there.has(name) && !old.includes(names[i]!)) moved.set(name, names[i]!)
    const now = (name: string): string => moved.get(name) ?? name
    const active = before.active === null ? null : now(before.active)
    this.store.setState({
      list,
      looks: new Map([...before.looks].map(([name, look]) => [now(name), look])),
      seen: new Map([...before.seen].filter(([name]) => there.has(name))),
      active: active !== null && there.has(active) ? active : (names.at(-1) ?? null),
    })
    this.tell()
  }

  /** Tells the host what to watch in the run that is shown, when that or the run has changed. */
  private tell(): void {
    const { shown, infos } = this.needs.runs.getState()
    const { list, looks } = this.store.getState()
    if (shown === null) {
      if (this.told !== '') this.store.setState({ seen: new Map() })
      this.told = ''
      return
    }
    const info = infos.find(i => i.id === shown)
    const live = info !== undefined && (isLive(info) || info.state === 'waiting')
    const watches = list.slice(-MOST_WATCHES).map(w => specOf(w, looks.get(watchName(w))))
    const telling = JSON.stringify([shown, live, watches])
    if (telling === this.told || (watches.length === 0 && this.told === '')) return
    const isOther = !this.told.startsWith(JSON.stringify([shown]).slice(0, -1))
    this.told = telling
    if (isOther) this.store.setState({ seen: new Map() })
    this.needs.client.request('run.watch', { run: shown, watches }).then(
      notices => {
        if (isOther) for (const notice of notices) void this.read(shown, notice)
      },
      () => {
        // The connection is lost: it is told again when there is one.
      },
    )
  }

  /** Reads one value at a time of each watch: the newest that there is when the one before has come. */
  private async read(run: string, notice: WatchNotice): Promise<void> {
    const { watch, train } = notice
    const key = JSON.stringify([run, watch, train])
    if (this.reading.has(key)) {
      this.reading.set(key, notice)
      return
    }
    this.reading.set(key, null)
    try {
      const { result, bytes } = await this.needs.client.requestBytes('watch.read', { run, watch, train })
      if (this.needs.runs.getState().shown === run) this.take({ watched: result, bytes })
    } catch {
      // It was let go meanwhile, or the connection is lost.
    }
    const later = this.reading.get(key)
    this.reading.delete(key)
    if (later) void this.read(run, later)
  }

  private take(seen: SeenWatch): void {
    const { id, train } = seen.watched
    const all = this.store.getState()
    if (!all.list.some(w => watchName(w) === id)) return
    this.store.setState({ seen: new Map(all.seen).set(id, new Map(all.seen.get(id)).set(train, seen)) })
  }
}
