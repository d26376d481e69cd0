import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Schemas } from '../../graph/check.ts'
import type { GraphDocument } from '../../graph/document.ts'
import type { TrainInsight } from '../../graph/insight/train-insight.ts'
import type { MeasuredTrain } from '../../protocol/messages.ts'

/** What can be told of the document's Trains without running them. */
export interface InsightState {
  /** By Train; while newer ones are made, those before. */
  readonly trains: ReadonlyMap<string, TrainInsight>
  /** The newest edit is not in it yet. */
  readonly stale: boolean
  /** What the compiler said that the steps of a Train need, until the next edit. */
  readonly measured: ReadonlyMap<string, Measuring>

  /** Begins to look; the result ends it. Nothing is computed while nobody looks. */
  look(): () => void
  measure(train: string): Promise<void>
}

export type Measuring =
  | { readonly state: 'asking' }
  | { readonly state: 'known'; readonly train: MeasuredTrain }
  | { readonly state: 'failed'; readonly problem: string }

/** What the worker is asked, and what it answers. */
export interface InsightQuestion {
  readonly id: number
  readonly document: GraphDocument
  readonly schemas: Schemas
}
export interface InsightAnswer {
  readonly id: number
  readonly trains: readonly TrainInsight[]
}

/** A way to a worker: it answers each question, unless a newer one has come. */
export interface InsightWorker {
  ask(question: InsightQuestion): void
}

export interface InsightNeeds {
  readonly open: (answer: (answer: InsightAnswer) => void) => InsightWorker
  readonly source: () => Omit<InsightQuestion, 'id'> & { readonly ok: boolean }
  readonly measure: (train: string) => Promise<MeasuredTrain>
  readonly words: (error: unknown) => string
}

/** An edit is often followed by another at once. */
const SETTLE_MS = 250

/** Keeps what is told of the Trains in step with the document, off the window's own thread. */
export class Insights {
  readonly store: StoreApi<InsightState>
  private readonly needs: InsightNeeds
  private worker: InsightWorker | undefined
  private lookers = 0
  private lastId = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(needs: InsightNeeds) {
    this.needs = needs
    this.store = createStore<InsightState>(() => ({
      trains: new Map(),
      stale: true,
      measured: new Map(),
      look: () => this.look(),
      measure: train => this.measure(train),
    }))
  }

  /** The document was edited, or more is known of its sources. */
  mark(): void {
    const { measured, stale } = this.store.getState()
    if (!stale || measured.size > 0)
      this.store.setState({ stale: true, ...(measured.size > 0 && { measured: new Map() }) })
    if (this.lookers > 0) this.askSoon()
  }

  private look(): () => void {
    this.lookers++
    if (this.store.getState().stale) this.askSoon()
    let looking = true
    return () => {
      if (looking) this.lookers--
      looking = false
    }
  }

  private askSoon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      const { ok, ...question } = this.needs.source()
      this.worker ??= this.needs.open(answer => this.take(answer))
      if (ok) this.worker.ask({ id: ++this.lastId, ...question })
      else this.store.setState({ trains: new Map() })
    }, SETTLE_MS)
  }

  private take({ id, trains }: InsightAnswer): void {
    if (id !== this.lastId) return
    this.store.setState({ trains: new Map(trains.map(t => [t.train, t])), stale: false })
  }

  private async measure(train: string): Promise<void> {
    const before = this.store.getState().measured
    const put = (of: Measuring) =>
      this.store.setState({ measured: new Map(this.store.getState().measured).set(train, of) })
    if (before.get(train)?.state === 'asking') return
    put({ state: 'asking' })
    const asked = this.store.getState().measured
    const result: Measuring = await this.needs.measure(train).then(
      of => ({ state: 'known', train: of }) as const,
      error => ({ state: 'failed', problem: this.needs.words(error) }) as const,
    )
    // After an edit it speaks of another graph.
    if (this.store.getState().measured.get(train) === asked.get(train)) put(result)
  }
}
