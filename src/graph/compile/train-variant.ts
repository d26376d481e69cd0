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

/** What a variant is made from. */
export interface VariantParts {
  readonly context: TrainContext
  /** The objectives that act. */
  readonly acting: readonly Objective[]
  readonly splittings: ReadonlyMap<Objective, Splitting> | undefined
  /** Averages and the weights that they follow: they move on every step, whether what acts reads them or not. */
  readonly moving: readonly WeightSpec[]
}

/** A variant's step as it is built, before anything is an output. */
export interface StagedVariant {
  readonly b: Builder
  /** The next values of the weights that change. */
  readonly updated: ReadonlyMap<string, Var>
  /** Before the step and its gradient, not yet clipped: of each weight that an objective trains. */
  readonly trained: ReadonlyMap<string, { readonly value: Var; readonly gradient: Var }>
  readonly state: ReadonlyMap<string, Var>
  readonly step: Var
  readonly metrics: ReadonlyMap<string, Var>
  readonly changed: readonly WeightSpec[]
  readonly args: readonly string[]
  readonly batch: readonly BatchInput[]
  /** The program, once it has its outputs. */
  readonly finish: (name: string) => Program
}

/** Builds the program of a variant's steps. */
export function buildVariant(parts: VariantParts): TrainVariant {
  const { b, updated, state, step, metrics, changed, args, batch, finish } = stageVariant(parts)
  for (const w of changed) b.output(w.name, updated.get(w.name)!)
  for (const [name, v] of state) b.output(name, v)
  b.output('step', step)
  for (const [name, v] of metrics) b.output(name, v)
  const kept = [...changed.map(w => w.name), ...state.keys(), 'step']
  const donated = new Set(kept)
  return {
    program: finish('train'),
    args,
    batch,
    kept,
    metrics: [...metrics.keys()],
    donate: args.flatMap((name, i) => (donated.has(name) ? [i] : [])),
  }
}

/** Builds forward passes, gradients, updates, states and averages of a variant. */
export function stageVariant({ context, acting, splittings, moving }: VariantParts): StagedVariant {
  const { graph, train, settings } = context
  const b = new Builder()
  const build = new StepBuild(context, b)
  const { weights, step } = build
  const updated = new Map<string, Var>()
  const trained = new Map<string, { readonly value: Var; readonly gradient: Var }>()
  const state = new Map<string, Var>()
  const metrics = new Map<string, Var>()
  const trainedBy = new Map<string, Objective>()
  const groups = settings.order === 'together' ? [acting] : acting.map(o => [o])
  for (const group of groups) {
    const found = gradientsOf(build, group, splittings)
    group.forEach((o, k) => {
      o.weights.forEach(({ name }, i) => {
        const { value } = trained.get(name) ?? { value: weights.value(name) }
        trained.set(name, { value, gradient: found[k]!.grads[i]! })
      })
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
  const batch = batchInputs(
    graph,
    acting.map(o => o.wire),
  )
  const bound = all.filter(w => w.role === 'bound')
  const args = [...specs.map(w => w.name), ...state.keys(), 'step', 'key', ...bound.map(w => w.name)]
  const labels = acting.map(o => o.label).join('')
  return {
    ...{ b, updated, trained, state, metrics, args, batch },
    step: b.at(train, () => b.add(step, 1)),
    changed: specs.filter(w => updated.has(w.name)),
    finish: name => ordered(b, `${name}_${train}${labels}`, [...args, ...batch.map(i => i.name)]),
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
