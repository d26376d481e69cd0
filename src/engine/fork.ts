import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../data/atomic.ts'
import { DataError } from '../data/error.ts'
import { hashOf } from '../data/hash.ts'
import type { CheckedGraph } from '../graph/check.ts'
import type { TrainStep } from '../graph/compile/train-step.ts'
import { expandDefs } from '../graph/expand.ts'
import { parseGraph } from '../graph/parse.ts'
import { showType } from '../ir/types.ts'
import type { Edit, StepEvent } from '../protocol/messages.ts'
import {
  type Checkpoint,
  differences,
  readCheckpoint,
  readCheckpointState,
  type StageKey,
  writeCheckpoint,
} from './checkpoint.ts'
import { RunStore } from './run-store.ts'

const FILE = 'fork.json'

const forkFile = z.strictObject({
  format: z.literal('diptych-fork'),
  version: z.literal(1),
  run: z.string(),
  train: z.string(),
  step: z.int().min(0),
})

/** The step of another run that a run begins at. */
export interface Fork {
  /** Folder of the other run. */
  readonly run: string
  readonly train: string
  readonly step: number
}

/** What a stage goes on from that was not made by its own programs alone. */
export interface ForkedStart {
  readonly state: Checkpoint
  readonly edits: readonly Edit[]
  /** Hash of what made it, where that is not what the stage would have made itself. */
  readonly origin: string | undefined
  /** Metrics of the steps before, which are the other run's. */
  readonly inherited: readonly StepEvent[]
}

/** The fork that a committed checkpoint stands for. */
export async function forkAt(checkpoint: string): Promise<Fork> {
  const path = resolve(checkpoint)
  const { train, step } = await readCheckpointState(path)
  const run = dirname(dirname(dirname(path)))
  const store = await RunStore.open(path)
  if (store.path !== run || dirname(path) !== store.checkpoints(train))
    throw new DataError(`${checkpoint} is not among the checkpoints of a run: checkpoints/<train>/step-N.`)
  return { run, train, step }
}

/** Notes in a run's folder where it was forked from. */
export async function writeFork(folder: string, { run, train, step }: Fork): Promise<void> {
  const content: z.infer<typeof forkFile> = {
    ...{ format: 'diptych-fork', version: 1 },
    // Beside each other they can be moved together.
    run: relative(folder, run),
    ...{ train, step },
  }
  await writeFileAtomic(join(folder, FILE), `${JSON.stringify(content, null, 2)}\n`)
}

/** Where a run was forked from; undefined where it was not. */
export async function readFork(folder: string): Promise<Fork | undefined> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const { run, train, step } = forkFile.parse(JSON.parse(text))
    return { run: resolve(folder, run), train, step }
  } catch {
    throw new DataError(`${join(folder, FILE)} is damaged. Fork the other run again.`)
  }
}

export interface ForkedStage {
  readonly id: string
  readonly graph: CheckedGraph
  readonly step: TrainStep
  readonly key: StageKey
}

/**
 * Begins a stage with another run's weights and optimizer state, in the run's own folder: with a checkpoint of that
 * step and the metrics before it, so that it needs the other run no more. What may differ is everything but the
 * weights and the optimizer's state themselves.
 */
export async function forkedStart(stage: ForkedStage, fork: Fork, run: RunStore): Promise<ForkedStart> {
  const { id, graph, key } = stage
  const parent = await RunStore.open(fork.run)
  const found = await readCheckpoint(join(parent.checkpoints(id), `step-${fork.step}`))
  refuseOther(stage, found)
  const before = found.edits ?? []
  const edits = await editsKept(before, graph, parent.path)
  const same = differences(found.key, key).length === 0 && edits.length === before.length
  const origin = same ? found.origin : hashOf([found.key, before, found.origin ?? '', found.step])
  const inherited = (await parent.readMetrics(id)).filter(event => event.step < found.step)
  await run.inheritMetrics(id, inherited, found.step)
  if (edits.length > 0) await run.edited(id, edits)
  const state: Checkpoint = { ...found, key, edits, origin }
  await writeCheckpoint(run.checkpoints(id), state)
  return { state, edits, origin, inherited }
}

/** How a run's folder is called in messages. */
export const nameOf = ({ run, step }: Fork): string => `${basename(run)} at step ${step}`

/** What was changed live in the other run counts here too, but for what this run's graph says otherwise than its did. */
async function editsKept(
  edits: readonly Edit[],
  graph: CheckedGraph,
  parent: string,
): Promise<readonly Edit[]> {
  if (edits.length === 0) return edits
  const { document } = parseGraph(await readFile(join(parent, 'graph.json'), 'utf8'))
  const nodes = document && expandDefs(document).nodes
  return edits.filter(({ node, param }) => {
    const [now, then] = [graph.nodes.get(node)?.json, nodes?.get(node)]
    return now && then && JSON.stringify(now.params[param]) === JSON.stringify(then.params[param])
  })
}

/** Refuses a graph whose weights or optimizer state are others than the checkpoint's. */
function refuseOther({ id, step, key }: ForkedStage, { weights, optimizer, ...found }: Checkpoint): void {
  if (found.step > key.steps)
    throw new DataError(
      `"${id}" takes ${key.steps} steps, and the run is forked at step ${found.step}: raise its steps.`,
    )
  const refuse = (what: string, name: string, here: string | undefined, there: string | undefined) => {
    throw new DataError(
      `${what} ${name} is ${here ?? 'not there'} in this graph and ${there ?? 'not there'} in the run that is forked: ` +
        `a fork goes on with the weights and the optimizer's state of "${id}" as they are. ` +
        'Undo that change, or train anew.',
    )
  }
  const compare = (
    what: string,
    here: ReadonlyMap<string, string>,
    there: ReadonlyMap<string, Parameters<typeof showType>[0]>,
  ) => {
    for (const name of new Set([...here.keys(), ...there.keys()])) {
      const other = there.get(name)
      const type = other && showType(other)
      if (here.get(name) !== type) refuse(what, name, here.get(name), type)
    }
  }
  const typesOf = (arrays: Checkpoint['weights']) =>
    new Map([...arrays].map(([n, a]) => [n, a.type] as const))
  compare(
    'the weight',
    new Map(step.weights.map(w => [w.name, showType({ dtype: 'f32', shape: w.shape })])),
    typesOf(weights),
  )
  compare('the state', new Map(step.state.map(s => [s.name, showType(s.type)])), typesOf(optimizer))
}
