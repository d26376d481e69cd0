import type { Event, StepEvent } from '../../protocol/messages.ts'
import type { RunInfo } from '../../protocol/workbench.ts'
import { ProgressRate } from './progress-rate.ts'
import { GrowingSeries } from './series.ts'
import { StepRate } from './step-rate.ts'
import type { NodeRun, RunView, TrainRun } from './types.ts'
import { figureOf, watchMetric } from './watch-metric.ts'

/** Lines of the log that are kept. */
const LONGEST_LOG = 2_000

export const isLive = (info: RunInfo | undefined): boolean =>
  info !== undefined && ['running', 'pausing', 'paused', 'stopping'].includes(info.state)

export const isOver = (info: RunInfo): boolean => !isLive(info) && info.state !== 'waiting'

interface Training {
  readonly start: Omit<TrainRun, 'taken' | 'reached' | 'kept' | 'series' | 'rate' | 'secondsLeft'>
  readonly series: Map<string, GrowingSeries>
  readonly rate: StepRate
  taken: number
  reached: number
  kept: readonly number[]
}

/**
 * What a run's events come to. Numbers go into arrays that grow in place; a batch of events makes one new
 * view, in which everything that did not change is the same object.
 */
export class RunReducer {
  /** The number of the first event that is not here yet. */
  next = 0
  /** Events from this number on come as they happen. */
  private liveFrom: number
  private info: RunInfo
  private revision = 0
  private nodes: ReadonlyMap<string, NodeRun> = new Map()
  /** Nodes that tell by themselves when they begin and end. */
  private readonly announced = new Set<string>()
  /** How fast nodes get on with what they do, of those that were seen at it. */
  private readonly paces = new Map<string, ProgressRate>()
  private readonly trainings = new Map<string, Training>()
  private trains: ReadonlyMap<string, TrainRun> = new Map()
  private reports: RunView['reports']
  private log: RunView['log'] = []
  private pausedAt: RunView['pausedAt'] = null
  private checkpoints: RunView['checkpoints'] = []
  private edits: RunView['edits'] = []
  private weights: RunView['weights'] = null
  private stateHash: RunView['stateHash'] = null
  private readonly foreign: boolean
  /** The host's clock at the last of its marks; null for runs that have none, whose speed is measured here. */
  private clock: number | null = null

  constructor(info: RunInfo, foreign = false) {
    this.info = info
    this.liveFrom = info.events
    this.foreign = foreign
    this.reports = new Map(Object.entries(info.reports))
    this.settle()
  }

  /** What the host says of the run as a whole; false where that is no news. */
  inform(info: RunInfo): boolean {
    if (info === this.info) return false
    this.info = info
    const reports = Object.entries(info.reports)
    if (reports.some(([node]) => !this.reports.has(node)))
      this.reports = new Map([...this.reports, ...reports.filter(([node]) => !this.reports.has(node))])
    this.settle()
    return true
  }

  /** The host will send what is missing of the run, and then what happens in it. */
  followed(events: number): void {
    this.liveFrom = events
  }

  /** Events in order, the first of number `from`; false where some are missing before them. `now`: milliseconds. */
  take(from: number, events: readonly Event[], now: number): boolean {
    if (from > this.next) return false
    // What was being fetched when the connection was lost may come twice.
    const fresh = events.slice(this.next - from)
    // What happened before this window looked has no times: its speed is not known.
    const live = from >= this.liveFrom && isLive(this.info)
    const touched = new Set<string>()
    for (const event of fresh) this.one(event, now, live, touched)
    this.next = Math.max(this.next, from + events.length)
    if (touched.size > 0) this.publishTrains(touched, now, live)
    this.settle()
    return true
  }

  view(): RunView {
    this.revision++
    const { info, revision, nodes, trains, reports, log, pausedAt, checkpoints, edits, stateHash } = this
    const { weights, foreign } = this
    const known = { info, revision, nodes, trains, reports, log, pausedAt, checkpoints, edits }
    return { ...known, weights, stateHash, foreign }
  }

  private one(event: Event, now: number, live: boolean, touched: Set<string>): void {
    switch (event.type) {
      case 'step':
        this.step(event)
        touched.add(event.node)
        return
      case 'node':
        this.announced.add(event.node)
        this.setNode(event.node, { state: event.state, why: event.why })
        return
      case 'progress':
        this.progress(event, live ? now : null)
        return
      case 'train': {
        const { type: _, ...start } = event
        const old = this.trainings.get(event.node)
        const series = old?.series ?? new Map<string, GrowingSeries>()
        for (const s of series.values()) s.cut(event.firstStep)
        this.trainings.set(event.node, {
          ...{ start, series, rate: new StepRate() },
          ...{ taken: event.firstStep, reached: event.firstStep, kept: [] },
        })
        touched.add(event.node)
        return
      }
      case 'inherited':
        this.inherited(event)
        touched.add(event.node)
        return
      case 'watch': {
        const training = this.trainings.get(event.node)
        if (!training) return
        const { kind, value = Number.NaN } = figureOf(event.stats)
        const series = seriesOf(training, watchMetric(event, kind))
        series.cut(event.step)
        series.push(event.step, value)
        touched.add(event.node)
        return
      }
      case 'checkpoint':
        this.checkpoints = [...this.checkpoints, { node: event.node, step: event.step }]
        return
      case 'edited':
        this.edited(event)
        touched.add(event.node)
        return
      case 'weights':
        this.weights = { node: event.node, step: event.step, norms: event.weights }
        return
      case 'state':
        this.stateHash = { node: event.node, step: event.step, hash: event.hash }
        return
      case 'report':
        this.reports = new Map(this.reports).set(event.node, event.report)
        return
      case 'log': {
        const { type: _, ...line } = event
        this.log = [...this.log.slice(1 - LONGEST_LOG), line]
        return
      }
      case 'time':
        // Until its first mark the steps of a run are measured with the window's own clock.
        if (this.clock === null) for (const { rate } of this.trainings.values()) rate.restart()
        this.clock = event.ms
        for (const [node, training] of this.trainings) {
          const state = this.nodes.get(node)?.state
          if (state === 'done' || state === 'cached') continue
          this.measure(training, event.ms)
          touched.add(node)
        }
        return
      case 'paused':
        this.pausedAt = { node: event.node, step: event.step }
        this.place(event)
        for (const [node, training] of this.trainings) {
          training.rate.pause(this.clock ?? now)
          touched.add(node)
        }
        return
      case 'resumed':
        this.pausedAt = null
        for (const [node, training] of this.trainings) {
          training.rate.resume(this.clock ?? now)
          touched.add(node)
        }
        return
      case 'run':
        return
    }
  }

  /** `now`: null where it was not seen as it happened. */
  private progress(
    { node, what, done, total }: Extract<Event, { type: 'progress' }>,
    now: number | null,
  ): void {
    const fraction = total > 0 ? Math.min(1, done / total) : undefined
    const why = this.nodes.get(node)?.why
    // What a Batch does is part of its Train: nothing else tells that it is done.
    if (fraction === 1 && !this.announced.has(node)) {
      this.setNode(node, { state: 'done' })
      return
    }
    const pace = this.paces.get(node) ?? new ProgressRate()
    this.paces.set(node, pace)
    const secondsLeft = now === null ? undefined : pace.add(what, now, done, total)
    this.setNode(node, { state: 'running', why, what, fraction, secondsLeft })
  }

  private step(event: StepEvent): void {
    const training = this.trainings.get(event.node)
    if (!training) return
    training.taken = event.step + 1
    training.reached = Math.max(training.reached, training.taken)
    addMetrics(training, event)
  }

  /** Steps before a fork: they were not taken here. */
  private inherited({ node, steps }: Extract<Event, { type: 'inherited' }>): void {
    const training = this.trainings.get(node)
    const [first] = steps
    if (!training || !first) return
    // A fork that was stopped before its first checkpoint tells them again.
    for (const s of training.series.values()) s.cut(first.step)
    for (const event of steps) addMetrics(training, event)
  }

  /** Another way begins: what was beyond its first step is forgotten. */
  private edited({ node, step, changes }: Extract<Event, { type: 'edited' }>): void {
    const before = this.edits.filter(e => e.train !== node || e.step <= step)
    this.edits = [...before, ...changes.map(change => ({ train: node, step, ...change }))]
    this.checkpoints = this.checkpoints.filter(c => c.node !== node || c.step <= step)
    const training = this.trainings.get(node)
    if (!training) return
    for (const s of training.series.values()) s.cut(step)
    training.taken = training.reached = step
    training.kept = training.kept.filter(at => at <= step)
  }

  /** Where a held run stands, which may be before steps that were taken. */
  private place({ node, step, reached, kept }: Extract<Event, { type: 'paused' }>): void {
    const training = this.trainings.get(node)
    if (!training || step === undefined) return
    training.taken = step
    training.reached = Math.max(training.reached, reached ?? step)
    training.kept = kept ?? []
  }

  private measure(training: Training, at: number): void {
    const { rate, taken, reached, start } = training
    // Steps that are made again are known, and so is how fast they were.
    if (taken < reached) return
    rate.add(at, taken)
    const speed = rate.perSecond
    if (speed === null) return
    const step = Math.max(0, taken - 1)
    seriesOf(training, 'throughput').push(step, speed)
    const flops = start.facts?.flops ?? 0
    if (flops > 0) seriesOf(training, 'device/flops_per_sec').push(step, flops * speed)
  }

  private publishTrains(touched: ReadonlySet<string>, now: number, live: boolean): void {
    const trains = new Map(this.trains)
    for (const node of touched) {
      const training = this.trainings.get(node)
      if (!training) continue
      const { start, series, rate, taken, reached, kept } = training
      if (live && this.clock === null) this.measure(training, now)
      const speed = live ? rate.perSecond : null
      const secondsLeft = speed ? Math.max(0, start.steps - taken) / speed : null
      trains.set(node, { ...start, taken, reached, kept, series, rate: speed, secondsLeft })
      if (this.nodes.get(node)?.state === 'running' || taken < start.steps)
        this.setNode(node, {
          state: 'running',
          why: this.nodes.get(node)?.why,
          fraction: start.steps > 0 ? taken / start.steps : undefined,
        })
    }
    this.trains = trains
  }

  private setNode(node: string, run: NodeRun): void {
    this.nodes = new Map(this.nodes).set(node, run)
  }

  /** A run that has ended has nothing running; the node that failed says so. */
  private settle(): void {
    const { info } = this
    if (info.state !== 'paused' && info.state !== 'stopping' && isOver(info)) this.pausedAt = null
    if (!isOver(info)) return
    const failed = info.failure?.node
    for (const [node, run] of this.nodes) {
      if (node === failed || run.state !== 'running') continue
      this.setNode(node, { ...run, state: info.state === 'completed' ? 'done' : 'waiting', what: undefined })
    }
    if (failed && this.nodes.get(failed)?.state !== 'failed')
      this.setNode(failed, { state: 'failed', why: info.failure?.message })
    if ([...this.trains.values()].every(t => t.rate === null)) return
    const still = [...this.trains].map(([k, t]) => [k, { ...t, rate: null, secondsLeft: null }] as const)
    this.trains = new Map(still)
  }
}

function addMetrics(training: Training, event: StepEvent): void {
  for (const name in event) {
    if (!name.startsWith('train/')) continue
    // JSON has no NaN: a loss that is none comes as null.
    seriesOf(training, name).push(event.step, event[name as `train/${string}`] ?? Number.NaN)
  }
}

function seriesOf(training: Training, name: string): GrowingSeries {
  const known = training.series.get(name)
  if (known) return known
  const made = new GrowingSeries()
  training.series.set(name, made)
  return made
}
