import type { GraphTrainStep, TrainStep } from '../graph/compile/train-step.ts'
import type { TrainVariant } from '../graph/compile/train-variant.ts'
import { threefry } from '../ir/threefry.ts'
import { hashString } from '../nn/init.ts'
import type { StepFacts } from '../protocol/messages.ts'
import type { Backend, Executable, HostArray } from '../runtime/backend.ts'
import { readCheckpoint, type StageKey } from './checkpoint.ts'
import type { DeviceContext } from './context.ts'
import { batchArguments } from './devices.ts'
import type { Feed } from './feed.ts'
import type { Replay } from './non-finite.ts'
import type { RunStore } from './run-store.ts'
import { largestFacts, refuseTooLarge, stepFacts } from './step-facts.ts'
import { type FeedStep, type LoopState, TrainLoop } from './train-loop.ts'

/** All that the steps of one Train are made from. */
export interface TrainStage {
  readonly id: string
  /** The Train whose data order and random keys it takes: itself, or the one that it is paired with. */
  readonly order: string
  readonly step: GraphTrainStep
  readonly feed: Feed
  readonly key: StageKey
  /** Weights of other wires, by name. */
  readonly bound: ReadonlyMap<string, HostArray>
  readonly run: RunStore
  readonly context: DeviceContext
}

type Executables = ReadonlyMap<TrainVariant, Executable>

/** The compiled programs of a stage. */
export interface StagePrograms {
  readonly executables: Executables
  /** Of the program that needs most. */
  readonly facts: StepFacts
}

/**
 * Compiles all programs of a stage, so that one that can't be compiled is known before the first step. Throws where
 * one won't fit into memory.
 */
export async function compileStage({
  step,
  context: { backend },
}: { readonly step: TrainStep } & Pick<TrainStage, 'context'>): Promise<StagePrograms> {
  const programs = await compileVariants(step, backend)
  try {
    refuseTooLarge(programs.facts, backend.memory?.())
    return programs
  } catch (e) {
    freeAll(programs.executables)
    throw e
  }
}

/** Compiles all programs of a stage, whether they fit or not. */
export async function compileVariants(step: TrainStep, backend: Backend): Promise<StagePrograms> {
  const executables = new Map<TrainVariant, Executable>()
  try {
    const facts: StepFacts[] = []
    for (const variant of step.variants) {
      const { program, donate, batch } = variant
      const executable = await backend.compile(program, { donate, split: batchArguments(program, batch) })
      executables.set(variant, executable)
      facts.push(stepFacts(program, executable, backend))
    }
    return { executables, facts: largestFacts(facts) }
  } catch (e) {
    freeAll(executables)
    throw e
  }
}

export function freeAll(executables: Executables): void {
  for (const executable of executables.values()) executable.free()
}

/** A loop that goes on from a state, on the stage's own batches unless `feed` gives others. */
export const openLoop = (
  stage: Omit<TrainStage, 'run'>,
  executables: Executables,
  state: LoopState,
  feed: FeedStep = (s, inputs) => stage.feed.batch(s, inputs),
): TrainLoop =>
  new TrainLoop(
    stage.step,
    stage.context.backend,
    executables,
    feed,
    state,
    trainKey(stage.key.seed, stage.order),
    stage.bound,
  )

/** How the steps of a stage are made again, to see where a value came from. */
export function replayOf(stage: TrainStage, start: LoopState): Replay {
  const { id, step, run, context } = stage
  const data = new Set(step.batch.map(input => input.name))
  return {
    checkpoints: run.checkpoints(id),
    starts: async () => {
      const newest = await run.newest(id, run.checkpoints(id))
      const checkpoint = newest && (await readCheckpoint(newest))
      return checkpoint && checkpoint.step > start.step ? [checkpoint, start] : [start]
    },
    program: s => step.variantAt(s).program,
    isData: name => data.has(name),
    compile: program => context.backend.compile(program, { split: batchArguments(program, step.batch) }),
    open: async state => {
      const { executables } = await compileStage(stage)
      const loop = openLoop(stage, executables, state)
      const close = async () => {
        await loop.free()
        freeAll(executables)
      }
      return { loop, close }
    },
  }
}

/** The key of a stage: from the seed and the id of the Train whose random numbers it draws. */
function trainKey(seed: number, id: string): [number, number] {
  const [a, b] = hashString(id)
  return threefry(0, seed, a, b)
}
