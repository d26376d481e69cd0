import { Builder } from '../../ir/builder.ts'
import { optimize } from '../../ir/passes/optimize.ts'
import type { Program, Var } from '../../ir/program.ts'
import { tensor } from '../../ir/types.ts'
import { averageDecay, movingAverage } from '../../nn/moving-average.ts'
import type { Splitting } from './accumulate.ts'
import { type BatchInput, batchInputs } from './batch-inputs.ts'
import { gradientsOf } from './gradients.ts'
import type { Objective } from './objectives.ts'
import { moveAverages } from './state-updates.ts'
import { StepBuild, type TrainContext } from './step-build.ts'
import { updatesBefore, updateWeights } from './update-weights.ts'
import type { WeightSpec } from './weights.ts'

/** The name of the moving average of a weight, among a step's state. */
export const averageName = (weight: string): string => `ema/${weight}`

/** The program of the steps on which one set of objectives acts, and how to call it. */
export interface TrainVariant {
  readonly program: Program
  /** Names of its first arguments: weights, state, `step`, `key`, weights of other wires. */
  readonly args: readonly string[]
  /** Its last arguments. */
  readonly batch: readonly BatchInput[]
  /** Names of its first results, each the next value of an argument: weights, state, `step`. */
  readonly kept: readonly string[]
  /** Names of its last results: scalar metrics. */
  readonly metrics: readonly string[]
  /** Indices of the arguments whose memory the results take over. */
  readonly donate: readonly number[]
}

/**
 * Builds the step of the objectives `acting`. `moving`: averages and the weights that they follow, which move on every
 * step, whether something that acts reads them or not.
 */
export function buildVariant(
  context: TrainContext,
  acting: readonly Objective[],
  splittings: ReadonlyMap<Objective, Splitting> | undefined,
  moving: readonly WeightSpec[],
): TrainVariant {
  const { graph, train, settings } = context
  const b = new Builder()
  const build = new StepBuild(context, b)
  const { weights, step } = build
  const updated = new Map<string, Var>()
  const state = new Map<string, Var>()
  const metrics = new Map<string, Var>()
  const trainedBy = new Map<string, Objective>()
  const groups = settings.order === 'together' ? [acting] : acting.map(o => [o])
  for (const group of groups) {
    const found = gradientsOf(build, group, splittings)
    group.forEach((o, k) => {
      const made = b.at(train, () => updateWeights(build, o, found[k]!))
      for (const [name, v] of made.weights) {
        updated.set(name, v)
        trainedBy.set(name, o)
      }
      for (const [name, v] of made.slots) state.set(name, v)
      for (const [name, v] of made.metrics) metrics.set(name, v)
      if (settings.order === 'in sequence') b.at(train, () => weights.advance(made.weights))
    })
  }
  b.at(train, () => {
    if (settings.ema > 0)
      for (const [name, objective] of trainedBy)
        state.set(averageName(name), nextAverage(build, name, updated.get(name)!, objective))
  })
  for (const w of moving) weights.get(w)
  const averages = b.at(train, () =>
    moveAverages(b, weights, name => updated.get(name) ?? weights.value(name)),
  )
  for (const [name, v] of [...build.updates.apply(b, weights, graph.nodes.keys()), ...averages])
    updated.set(name, v)

  const all = weights.sorted()
  const specs = all.filter(w => w.role !== 'bound')
  const changed = specs.filter(w => updated.has(w.name))
  for (const w of changed) b.output(w.name, updated.get(w.name)!)
  for (const [name, v] of state) b.output(name, v)
  b.output(
    'step',
    b.at(train, () => b.add(step, 1)),
  )
  for (const [name, v] of metrics) b.output(name, v)
  const batch = batchInputs(
    graph,
    acting.map(o => o.wire),
  )
  const bound = all.filter(w => w.role === 'bound')
  const args = [...specs.map(w => w.name), ...state.keys(), 'step', 'key', ...bound.map(w => w.name)]
  const kept = [...changed.map(w => w.name), ...state.keys(), 'step']
  const donated = new Set(kept)
  return {
    program: ordered(b, `train_${train}${acting.map(o => o.label).join('')}`, [
      ...args,
      ...batch.map(i => i.name),
    ]),
    args,
    batch,
    kept,
    metrics: [...metrics.keys()],
    donate: args.flatMap((name, i) => (donated.has(name) ? [i] : [])),
  }
}

/** The moving average of a weight after this step, `value` being the weight then. */
function nextAverage(build: StepBuild, name: string, value: Var, objective: Objective): Var {
  const { b, step, context } = build
  const average = build.array(averageName(name), tensor('f32', value.type.shape))
  const share = averageDecay(b, updatesBefore(b, step, objective), context.settings.ema)
  return movingAverage(b, average, value, share)
}

/** The finished program with its inputs in this order. */
function ordered(b: Builder, name: string, inputs: readonly string[]): Program {
  const built = b.finish(name)
  const byName = new Map(built.inputs.map(i => [i.name, i]))
  return optimize({ ...built, inputs: inputs.map(n => byName.get(n)!) })
}
