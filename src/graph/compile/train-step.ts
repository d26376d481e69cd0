import { type TensorType, tensor } from '../../ir/types.ts'
import type { OptimizerValue } from '../../nn/optimizers/index.ts'
import { actingAt, actingSets } from '../acting.ts'
import { GraphFault } from '../diagnostic.ts'
import { wiresOf } from '../document.ts'
import { overriddenGraph } from '../overrides.ts'
import { matchesPattern } from '../pattern.ts'
import type { GraphNodes } from '../slice.ts'
import { type BatchInput, batchInputs } from './batch-inputs.ts'
import { type Objective, refuseContested, survey } from './objectives.ts'
import { splittingsOf } from './separability.ts'
import type { TrainContext } from './step-build.ts'
import { averageName, buildVariant, type TrainVariant } from './train-variant.ts'
import { buildWeightWatch, type WeightWatch } from './weight-watch.ts'
import type { WeightSpec } from './weights.ts'

/** One array of a step's state. */
export interface StateSpec {
  readonly name: string
  readonly type: TensorType
  /** The weight whose value it has before the first step; 0 without. */
  readonly startsAs?: string
}

/** The steps of one Train: what they keep, and the programs that make them. */
export interface TrainStep {
  readonly weights: readonly WeightSpec[]
  /** Weights of other wires that it is closed over; never changed, no part of what it makes. */
  readonly bound: readonly WeightSpec[]
  /** What it keeps beside the weights. */
  readonly state: readonly StateSpec[]
  readonly batch: readonly BatchInput[]
  /** One program for each set of objectives that acts together on some step. */
  readonly variants: readonly TrainVariant[]
  /** The program of a step, counted from 0. */
  readonly variantAt: (step: number) => TrainVariant
  /** What beside the programs decides what the steps make: which of them runs when. */
  readonly plan: string
}

/** The steps of a Train of a graph, and how its weights are looked at. */
export interface GraphTrainStep extends TrainStep {
  /** The program that looks at the weights of a step, with the arguments of its variant; built when it is asked for. */
  readonly watchAt: (step: number) => WeightWatch
  /** Weights that an objective's pattern names and its loss reads, and that no loss has a gradient for: never trained. */
  readonly unreached: readonly string[]
}

/**
 * Builds the whole of a Train's steps: forward, gradients of every objective with respect to its own weights,
 * clipping, optimizers, constraints, states, averages, step counter. `given`: an optimizer for each loss, or one.
 */
export function buildTrainStep(
  graph: GraphNodes,
  train: string,
  given: readonly OptimizerValue[],
): GraphTrainStep {
  const node = graph.nodes.get(train)!
  if (node.def.kind !== 'train') throw new Error(`${train} is not a Train`)
  const settings = node.def.settings(node.params)
  const losses = wiresOf(node.json.in.loss)
  const context: TrainContext = { graph: overriddenGraph(graph, node), train, settings }
  const found = survey(context, losses, given)
  const { objectives } = found
  const sets = actingSets(objectives, settings.steps)
  if (settings.order === 'together') for (const acting of sets) refuseContested(objectives, acting)
  refuseIdleGroups(context, objectives)
  const weights = found.weights.filter(w => w.role !== 'bound')
  const state = [...memoryOf(objectives), ...averagesOf(context, objectives, weights)]
  const splittings = settings.accumulate > 1 ? splittingsOf(found) : undefined
  const averages = weights.filter(w => w.role === 'average')
  const followed = weights.filter(w => averages.some(a => a.startsAs === w.name))
  const variants = new Map(
    sets.map(acting => {
      const objectivesOfSet = acting.map(k => objectives[k]!)
      const parts = { context, acting: objectivesOfSet, splittings, moving: [...followed, ...averages] }
      const watch = once(() => buildWeightWatch(parts))
      return [acting.join(), { variant: buildVariant(parts), watch }] as const
    }),
  )
  const at = (step: number) => variants.get(actingAt(objectives, step).join())!
  return {
    weights,
    bound: found.weights.filter(w => w.role === 'bound'),
    state,
    batch: batchInputs(context.graph, losses),
    variants: [...variants.values()].map(v => v.variant),
    variantAt: step => at(step).variant,
    watchAt: step => at(step).watch(),
    unreached: unreachedOf(objectives),
    plan: variants.size > 1 ? objectives.map(o => `${o.every}+${o.start}`).join() : '',
  }
}

/** The same result each time, made the first time. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function unreachedOf(objectives: readonly Objective[]): string[] {
  const reached = new Set(objectives.flatMap(o => o.weights.map(w => w.name)))
  return [...new Set(objectives.flatMap(o => o.unreached))].filter(name => !reached.has(name)).sort()
}

const memoryOf = (objectives: readonly Objective[]): StateSpec[] =>
  objectives.flatMap(o => [...o.slots].map(([name, shape]) => ({ name, type: tensor('f32', shape) })))

/** The moving average of each weight that is trained. */
function averagesOf(
  { settings }: TrainContext,
  objectives: readonly Objective[],
  weights: readonly WeightSpec[],
): StateSpec[] {
  if (settings.ema === 0) return []
  const trained = new Map(objectives.flatMap(o => o.weights.map(w => [w.name, w] as const)))
  const taken = new Set(weights.map(w => w.name))
  return [...trained.values()].map(w => {
    const name = averageName(w.name)
    if (taken.has(name))
      throw new GraphFault(
        'DT052',
        `the moving average of "${w.name}" has the name of the weight "${name}"`,
        { field: 'params.ema', hint: 'Give the node "ema" another id.' },
      )
    return { name, type: tensor('f32', w.shape), startsAs: w.name }
  })
}

/** A parameter group that is for no weight is a misspelt one. */
function refuseIdleGroups({ settings }: TrainContext, objectives: readonly Objective[]): void {
  settings.groups.forEach(({ pattern }, i) => {
    if (objectives.some(o => o.weights.some(w => matchesPattern(pattern, w.name)))) return
    throw new GraphFault('DT052', `no weight that is trained matches "${pattern}"`, {
      field: `params.groups.${i}.pattern`,
      hint: 'Patterns are matched with weight names such as "vision/…".',
    })
  })
}
