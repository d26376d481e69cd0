import { NORMS, type WeightWatch } from '../graph/compile/weight-watch.ts'
import type { StepEvent, WeightNorms } from '../protocol/messages.ts'
import type { Executable, HostArray } from '../runtime/backend.ts'
import { view } from '../runtime/host-array.ts'
import { differences, listCheckpoints, readCheckpoint } from './checkpoint.ts'
import { batchArguments } from './devices.ts'
import type { Snapshots } from './snapshots.ts'
import { stateHash } from './state-hash.ts'
import type { LoopState, TrainLoop } from './train-loop.ts'
import { freeAll, openLoop, type StagePrograms, type TrainStage } from './train-stage.ts'
import type { Watchable } from './watch/watching.ts'

type Executables = StagePrograms['executables']

/** Steps that one program makes: until an edit, or to the end. */
interface Segment {
  readonly from: number
  readonly stage: TrainStage
  readonly executables: Executables
}

/** The earliest step that can be gone back to, and the state before it. */
export interface Earliest {
  readonly step: number
  readonly state: () => LoopState
}

/**
 * The steps of a Train, taken forwards and gone back to. What a step computes depends on its number and the state
 * alone, so going back is going on from an earlier state: a snapshot in memory, a committed checkpoint or the start,
 * whichever is nearest. Steps that were taken before are then made again, with the same results to the last bit, and
 * are not told again.
 */
export class Stepper implements Watchable {
  private readonly snapshots: Snapshots
  private readonly earliest: Earliest
  /** By rising step; there is always one, and the first makes all steps before the second. */
  private segments: readonly [Segment, ...Segment[]]
  private current: Segment
  private loop: TrainLoop
  private readonly watches = new Map<WeightWatch, Executable>()
  private known: ReadonlyMap<number, StepEvent> = new Map()
  private reachedStep: number

  constructor(
    stage: TrainStage,
    executables: Executables,
    start: LoopState,
    snapshots: Snapshots,
    earliest: Earliest,
  ) {
    this.current = { from: 0, stage, executables }
    this.segments = [this.current]
    this.snapshots = snapshots
    this.earliest = earliest
    this.reachedStep = start.step
    this.loop = openLoop(stage, executables, start)
  }

  private get stage(): TrainStage {
    return this.current.stage
  }

  /** Steps that the state is made of: the next to be taken has this number. */
  get taken(): number {
    return this.loop.taken
  }

  /** The steps before this one have been taken at least once. */
  get reached(): number {
    return this.reachedStep
  }

  /** Takes one step; its metrics, unless they were told before. `more`: whether another will follow. */
  async advance(more: boolean): Promise<StepEvent | undefined> {
    const { id } = this.stage
    if (this.segmentOf(this.taken) !== this.current) await this.reopen(await this.loop.snapshot())
    if (this.snapshots.isDue(this.taken)) await this.keep()
    const began = performance.now()
    const event = await this.loop.advance(id, more)
    this.snapshots.tookStep(performance.now() - began)
    if (event.step < this.reachedStep) {
      this.compare(event)
      return undefined
    }
    this.reachedStep = this.taken
    return event
  }

  /** Copies the whole state to the host. */
  snapshot(): Promise<LoopState> {
    return this.loop.snapshot()
  }

  /** The steps that can be gone to at once, rising: the present one among them, if it can be held. */
  get kept(): readonly number[] {
    const { snapshots, taken } = this
    if (snapshots.isOff || snapshots.has(taken)) return snapshots.steps
    return [...snapshots.steps, taken].sort((a, b) => a - b)
  }

  /** Holds the present state in memory. */
  async keep(): Promise<void> {
    const { snapshots, taken } = this
    if (snapshots.isOff || snapshots.has(taken)) return
    const began = performance.now()
    const state = await this.loop.snapshot()
    snapshots.tookCopy(performance.now() - began)
    snapshots.hold(state)
  }

  /**
   * Looks at the weights as the next step will read them, with a program of its own: it takes no step and changes
   * nothing.
   */
  async weightNorms(): Promise<readonly WeightNorms[]> {
    if (this.segmentOf(this.taken) !== this.current) await this.reopen(await this.loop.snapshot())
    const { step, context } = this.stage
    const watch = step.watchAt(this.taken)
    const { batch } = step.variantAt(this.taken)
    const split = batchArguments(watch.program, batch)
    const executable = this.watches.get(watch) ?? (await context.backend.compile(watch.program, { split }))
    this.watches.set(watch, executable)
    const [result] = await this.loop.inspect(executable)
    const norms = view(await result!.toHost())
    result!.free()
    return watch.weights.map((name, i) => {
      const [gradient, weight, update] = norms.subarray(NORMS * i, NORMS * (i + 1))
      return { name, gradient: gradient!, weight: weight!, update: update! }
    })
  }

  has(name: string): boolean {
    return this.loop.has(name)
  }

  look(...asked: Parameters<Watchable['look']>): Promise<HostArray[]> {
    return this.loop.look(...asked)
  }

  /** The hash of the present state. */
  async hash(): Promise<string> {
    return stateHash(await this.loop.snapshot())
  }

  /**
   * Goes to the state from which least is to be made again to have taken `step` steps: the present one, where it is
   * not beyond. Resolves to how many steps are still to be taken.
   */
  async restore(step: number): Promise<number> {
    const { id, run } = this.stage
    const to = Math.max(step, this.earliest.step)
    const from = await this.nearest(to)
    if (from) {
      await run.flush(id)
      this.known = new Map((await run.readMetrics(id)).map(event => [event.step, event]))
      await this.reopen(from)
    }
    return Math.max(0, to - this.taken)
  }

  /**
   * Makes the next step and those after it with another program, of the same weights and state. What was taken beyond
   * the present step belongs to another path and is forgotten.
   */
  async change(stage: TrainStage, executables: Executables): Promise<void> {
    const { taken } = this
    const state = await this.loop.snapshot()
    const gone = this.segments.filter(s => s.from >= taken)
    const kept = this.segments.filter(s => s.from < taken)
    const next = { from: taken, stage, executables }
    const [first = next, ...rest] = [...kept, next]
    this.segments = [first, ...rest]
    this.snapshots.cut(taken)
    this.known = new Map()
    this.reachedStep = taken
    await this.reopen(state)
    for (const segment of gone) freeAll(segment.executables)
  }

  async free(): Promise<void> {
    await this.loop.free()
    for (const { executables } of this.segments) freeAll(executables)
    for (const executable of this.watches.values()) executable.free()
  }

  private segmentOf(step: number): Segment {
    return this.segments.findLast(s => s.from <= step) ?? this.segments[0]
  }

  /** Goes on from a state, with the program of its step. */
  private async reopen(state: LoopState): Promise<void> {
    await this.loop.free()
    this.current = this.segmentOf(state.step)
    this.loop = openLoop(this.current.stage, this.current.executables, state)
  }

  /** The best state to go on from, unless the present one is. */
  private async nearest(step: number): Promise<LoopState | undefined> {
    const { run, id, key } = this.stage
    const here = this.taken <= step ? this.taken : -1
    const held = this.snapshots.nearest(step)
    const best = Math.max(here, held?.step ?? -1)
    for (const { step: at, path } of await listCheckpoints(run.checkpoints(id))) {
      if (at > step || at <= best || at < this.earliest.step) continue
      const found = await readCheckpoint(path).catch(() => undefined)
      if (found && differences(found.key, key).length === 0) return found
    }
    if (held && held.step === best && held.step > here) return held
    if (best >= 0) return undefined
    return this.earliest.state()
  }

  /** A step that was made again has the numbers that it had, or the device does not compute the same each time. */
  private compare(event: StepEvent): void {
    const before = this.known.get(event.step)
    if (!before) return
    const changed = Object.keys(event).find(name => {
      const metric = name as `train/${string}`
      return name.startsWith('train/') && !Object.is(event[metric], before[metric])
    }) as `train/${string}` | undefined
    if (!changed) return
    this.known = new Map()
    this.stage.context.emit({
      type: 'log',
      level: 'warning',
      node: event.node,
      message:
        `Made again, step ${event.step} has ${changed} ${event[changed]} instead of ${before[changed]}: ` +
        'on this device the same step does not give the same bits, so what is gone back to is not quite what was.',
    })
  }
}
