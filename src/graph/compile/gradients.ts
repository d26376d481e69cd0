import { gradient } from '../../ir/autodiff/gradient.ts'
import { accumulate, type Splitting } from './accumulate.ts'
import { type Gradients, termsOf } from './losses.ts'
import type { Objective } from './objectives.ts'
import type { StepBuild } from './step-build.ts'
import { twoPasses } from './two-passes.ts'

/**
 * The gradients of objectives that read the same weights: of the whole batch at once, or part by part in the way
 * that each loss can be split.
 */
export function gradientsOf(
  build: StepBuild,
  objectives: readonly Objective[],
  splittings: ReadonlyMap<Objective, Splitting> | undefined,
): Gradients[] {
  if (!splittings) return atOnce(build, objectives)
  const found = new Map<Objective, Gradients>()
  const ways = [
    { kind: 'sums', run: accumulate },
    { kind: 'two passes', run: twoPasses },
  ] as const
  for (const { kind, run } of ways) {
    const group = objectives.filter(o => splittings.get(o)!.kind === kind)
    if (group.length === 0) continue
    run(build, group, splittings).forEach((g, i) => {
      found.set(group[i]!, g)
    })
  }
  return objectives.map(o => found.get(o)!)
}

function atOnce(build: StepBuild, objectives: readonly Objective[]): Gradients[] {
  const { b, weights, context } = build
  const stage = build.stage({ updates: build.updates.staging() })
  const losses = objectives.map(o => {
    const { sum, count } = termsOf(stage, o.wire)
    return b.at(context.train, () => b.div(sum, count))
  })
  return objectives.map((o, k) => {
    const params = o.weights.map(w => weights.value(w.name))
    return { loss: losses[k]!, grads: gradient(b, losses[k]!, params) }
  })
}
