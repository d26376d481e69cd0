import { pull } from '../../ir/autodiff/gradient.ts'
import { Builder } from '../../ir/builder.ts'
import { liveEquations } from '../../ir/program.ts'
import { type OptimizerValue, optimizerOf } from '../../nn/optimizers/index.ts'
import { objectivesOf } from '../acting.ts'
import { GraphFault } from '../diagnostic.ts'
import { splitWire, type Wire } from '../document.ts'
import type { ObjectiveSettings } from '../kit.ts'
import { matchesPattern } from '../pattern.ts'
import { termsOf } from './losses.ts'
import type { Stage } from './stage.ts'
import { StepBuild, type TrainContext } from './step-build.ts'
import type { WeightSpec } from './weights.ts'

/** One loss of a Train, and what it trains. */
export interface Objective extends ObjectiveSettings {
  readonly wire: Wire
  /** What stands behind the names of its metrics: `/loss-node`, or nothing where it is the only one. */
  readonly label: string
  readonly optimizer: OptimizerValue
  /** Those that its pattern names and its loss depends on, in canonical order. */
  readonly weights: readonly WeightSpec[]
  /**
   * Weights that its pattern names and its loss is computed from, but to which it passes no gradient. What only unread
   * outputs of a node are made of is not among them.
   */
  readonly unreached: readonly string[]
  /** By name of the optimizer's memory: the shape of each slot of each weight. */
  readonly slots: ReadonlyMap<string, readonly number[]>
  /** The name of one slot of one weight. */
  readonly slotName: (weight: string, slot: string) => string
}

/** All losses staged once, to see what they read. */
export interface Survey {
  readonly build: StepBuild
  readonly stage: Stage
  /** All that the losses read, in canonical order; those of other wires too. */
  readonly weights: readonly WeightSpec[]
  readonly objectives: readonly Objective[]
  /** The nodes that update a state. */
  readonly updating: ReadonlySet<string>
}

/** Stages every loss of a Train and finds which weights each of them trains. */
export function survey(
  context: TrainContext,
  losses: readonly Wire[],
  optimizers: readonly OptimizerValue[],
): Survey {
  const build = new StepBuild(context, new Builder())
  const updating = new Set<string>()
  const stage = build.stage({ updates: { record: ({ node }) => updating.add(node) } })
  for (const wire of losses) stage.value(wire)
  const weights = build.weights.sorted()
  const owners = new Map<string, number>()
  const objectives = objectivesOf(context.settings.objectives, losses.length).map(
    (settings, k): Objective => {
      const wire = losses[k]!
      const optimizer = optimizers[k] ?? optimizers[0]
      if (!optimizer) throw new GraphFault('DT021', `objective ${k} has no optimizer`, { port: 'optimizer' })
      const { reached: mine, unreached } = trainedBy(build, stage, wire, weights, settings.trainable, k)
      for (const w of mine) if (!owners.has(w.name)) owners.set(w.name, k)
      const slotName = (weight: string, slot: string) =>
        owners.get(weight) === k ? `${weight}:${slot}` : `${weight}:${slot}@${k}`
      const slots = mine.flatMap(w =>
        Object.entries(optimizerOf(optimizer).state(w.shape, optimizer)).map(
          ([slot, shape]) => [slotName(w.name, slot), shape] as const,
        ),
      )
      const label = labelOf(losses, k)
      const common = { ...settings, wire, label, optimizer, slots: new Map(slots), slotName }
      return { ...common, weights: mine, unreached }
    },
  )
  return { build, stage, weights, objectives, updating }
}

/** The weights that a pattern names: those that the loss has a gradient for, and those that it reads without one. */
function trainedBy(
  build: StepBuild,
  stage: Stage,
  wire: Wire,
  weights: readonly WeightSpec[],
  pattern: string,
  place: number,
): { readonly reached: readonly WeightSpec[]; readonly unreached: readonly string[] } {
  const { b } = build
  const field = `params.objectives.${place}.trainable`
  const named = weights.filter(w => w.trainable && matchesPattern(pattern, w.name))
  if (named.length === 0)
    throw new GraphFault('DT052', `no trainable weight matches "${pattern}"`, {
      field,
      hint: 'Patterns are matched with weight names such as "vision/…".',
    })
  const { sum, count } = termsOf(stage, wire)
  const equations = b.equations.slice()
  const read = new Set(liveEquations(equations, [sum, count]).flatMap(eq => eq.ins))
  const grads = pull(
    b,
    equations,
    [sum, count],
    [b.onesLike(sum), b.onesLike(count)],
    named.map(w => build.weights.value(w.name)),
  )
  const reached = named.filter((_, i) => grads[i])
  if (reached.length === 0)
    throw new GraphFault('DT052', `"${wire}" depends on none of the weights that "${pattern}" names`, {
      field,
      hint: `It names ${named.length}, such as "${named[0]!.name}". Name weights on the way to this loss.`,
    })
  const unreached = named.filter((w, i) => !grads[i] && read.has(build.weights.value(w.name)))
  return { reached, unreached: unreached.map(w => w.name) }
}

/** `/node` of a loss, or `/node.port` where one node gives several. */
function labelOf(losses: readonly Wire[], k: number): string {
  if (losses.length === 1) return ''
  const { node } = splitWire(losses[k]!)
  return losses.filter(w => splitWire(w).node === node).length > 1 ? `/${losses[k]}` : `/${node}`
}

/** Two objectives can't both change a weight from the same starting value in one step. */
export function refuseContested(objectives: readonly Objective[], acting: readonly number[]): void {
  const owner = new Map<string, number>()
  for (const k of acting)
    for (const { name } of objectives[k]!.weights) {
      const other = owner.get(name)
      owner.set(name, k)
      if (other !== undefined)
        throw new GraphFault('DT052', `two objectives train the weight "${name}"`, {
          field: 'params.objectives',
          hint: 'Give each objective a pattern of its own, let them act on different steps, or in sequence.',
        })
    }
}
