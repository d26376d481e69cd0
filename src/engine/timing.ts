import { breathe } from '../data/parallel.ts'
import type { BatchInput } from '../graph/compile/batch-inputs.ts'
import type { TrainStep } from '../graph/compile/train-step.ts'
import type { TimedArm, TimedSteps, Timing, TimingPlan } from '../graph/timing.ts'
import type { HostArray } from '../runtime/backend.ts'
import { type DeviceContext, Stopped } from './context.ts'
import { watchLoad } from './machine-load.ts'
import type { OpenStage } from './train.ts'
import type { FeedStep, TrainLoop } from './train-loop.ts'
import { compileStage, freeAll, openLoop, type StagePrograms } from './train-stage.ts'

/** Batches that come round again where data is not to be timed. */
const IN_MEMORY = 4

/** One side of a timing. */
export interface ArmStage {
  readonly name: string
  readonly stage: OpenStage
  /** Where its steps start. */
  readonly weights: ReadonlyMap<string, HostArray>
  /** Weights of other wires, by name. */
  readonly bound: ReadonlyMap<string, HostArray>
}

/**
 * Takes steps of two Trains in turn, in rounds, and says how long they took. They are the steps of training: the same
 * programs in the same loop; only the loop's weights are its own, and go with it.
 */
export async function timeTrains(
  sides: readonly [a: ArmStage, b: ArmStage],
  plan: TimingPlan,
  node: string,
  context: DeviceContext,
): Promise<Timing> {
  const open: TimingArm[] = []
  try {
    for (const side of sides) {
      context.emit({ type: 'progress', node, what: `compiling ${side.name}`, done: 0, total: 0 })
      open.push(await TimingArm.open(side, context))
    }
    for (const arm of open) await arm.take(plan.warmUp)
    const load = watchLoad()
    for (let round = 0; round < plan.rounds; round++) {
      const turn = round % 2 === 0 ? open : [...open].reverse()
      for (const arm of turn) arm.inMemory.push(await arm.time(plan.steps))
      for (const arm of turn) arm.withData.push(await arm.time(plan.steps, true))
      context.emit({ type: 'progress', node, what: 'rounds', done: round + 1, total: plan.rounds })
    }
    const [a, b] = open.map((arm): TimedArm => ({ ...arm.times, name: arm.name }))
    return { a: a!, b: b!, load: load() }
  } finally {
    for (const arm of open) await arm.close()
  }
}

/** A Train's loop, whose batches come from memory or from its data. */
export class TimingArm {
  readonly name: string
  readonly inMemory: TimedSteps[] = []
  readonly withData: TimedSteps[] = []
  private readonly step: TrainStep
  private readonly programs: StagePrograms
  private readonly context: DeviceContext
  private readonly source: BatchSource
  private readonly loop: TrainLoop

  private constructor(
    { name, stage, weights, bound }: ArmStage,
    programs: StagePrograms,
    source: BatchSource,
    context: DeviceContext,
  ) {
    this.name = name
    this.step = stage.step
    this.programs = programs
    this.context = context
    this.source = source
    const start = { step: 0, weights, optimizer: new Map() }
    this.loop = openLoop({ ...stage, bound, context }, programs.executables, start, source.feed)
  }

  static async open(side: ArmStage, context: DeviceContext): Promise<TimingArm> {
    const { step, feed } = side.stage
    const source = new BatchSource((s, inputs) => feed.batch(s, inputs))
    for (const { batch } of step.variants) await source.hold(batch)
    return new TimingArm(side, await compileStage({ step, context }), source, context)
  }

  get times(): Pick<TimedArm, 'inMemory' | 'withData'> {
    return { inMemory: this.inMemory, withData: this.withData }
  }

  /** Takes some steps. */
  async take(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      const how = this.context.stopping()
      if (how) throw new Stopped(how)
      await this.loop.advance(this.name, true)
      // As in training: else a stop would never be heard where a step is pure computation.
      await breathe()
    }
  }

  /** Takes some steps and says how long they took, up to and with the reading of the batch for the next. */
  async time(steps: number, withData = false): Promise<TimedSteps> {
    const { loop, source } = this
    source.withData = withData
    let rows = 0
    for (let i = 0; i < steps; i++) rows += rowsOf(this.step.variantAt(loop.taken + i).batch)
    const [began, waited] = [performance.now(), loop.waitMs]
    await this.take(steps)
    await source.settled()
    return { rows, steps, ms: performance.now() - began, waitMs: loop.waitMs - waited }
  }

  async close(): Promise<void> {
    await this.loop.free()
    freeAll(this.programs.executables)
  }
}

/** The rows of a step: of each Batch node that it reads. */
const rowsOf = (inputs: readonly BatchInput[]): number =>
  [...new Map(inputs.map(i => [i.batch, i.type.shape[0]!])).values()].reduce((sum, n) => sum + n, 0)

/** Batches of a stage: as it reads them, or a few of them that are held in memory. */
class BatchSource {
  withData = false
  private readonly read: FeedStep
  private readonly held = new Map<readonly BatchInput[], HostArray[][]>()
  private last: Promise<unknown> = Promise.resolve()

  constructor(read: FeedStep) {
    this.read = read
  }

  async hold(inputs: readonly BatchInput[]): Promise<void> {
    const batches: HostArray[][] = []
    for (let step = 0; step < IN_MEMORY; step++) batches.push(await this.read(step, inputs))
    this.held.set(inputs, batches)
  }

  readonly feed: FeedStep = (step, inputs) => {
    const held = this.held.get(inputs)
    const batch = this.withData || !held ? this.read(step, inputs) : Promise.resolve(held[step % IN_MEMORY]!)
    // A failure is raised where the loop awaits the batch.
    this.last = batch.catch(() => {})
    return batch
  }

  /** Resolves once the batch that was asked for last is there. */
  settled(): Promise<unknown> {
    return this.last
  }
}
