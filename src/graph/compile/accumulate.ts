import { gradient } from '../../ir/autodiff/gradient.ts'
import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { tensor } from '../../ir/types.ts'
import { foldIn } from '../../nn/random.ts'
import type { Wire } from '../document.ts'
import { batchInputs } from './batch-inputs.ts'
import { type Gradients, termsOf } from './losses.ts'
import type { Objective } from './objectives.ts'
import { splitRows } from './row-parts.ts'
import type { Stage } from './stage.ts'
import type { StepBuild } from './step-build.ts'

/** A wire that is computed part by part, and where its rows stand: the axis of each tensor, by field. */
export interface CutWire {
  readonly wire: Wire
  /** Fields without rows, which are the same for every part, have none. */
  readonly axes: Readonly<Record<string, number | undefined>>
}

/** How a loss can be computed from the parts of a batch. */
export type Splitting =
  /** The loss is scale · Σ sums / Σ counts of the parts. */
  | { readonly kind: 'sums'; readonly scale: number }
  /** It compares rows: these wires are computed part by part, and what follows from them on the whole batch. */
  | { readonly kind: 'two passes'; readonly cuts: readonly CutWire[] }

/**
 * Goes over the parts of the batch, one after another: `body` gets a stage of one part, its slices of `xs`, and what
 * it carries from part to part.
 */
export function overParts(
  build: StepBuild,
  wires: readonly Wire[],
  init: readonly Var[],
  xs: readonly Var[],
  body: (
    c: Builder,
    stage: Stage,
    carry: readonly Var[],
    xs: readonly Var[],
  ) => { readonly carry: readonly Var[]; readonly ys?: readonly Var[] },
): { readonly carry: readonly Var[]; readonly ys: readonly Var[] } {
  const { b, key } = build
  const { graph, train, settings } = build.context
  const n = settings.accumulate
  const inputs = batchInputs(graph, wires)
  return b.at(train, () => {
    const arrays = inputs.map(i => splitRows(b, build.array(i.name, i.type), 0, n))
    const along = [b.iota('u32', [n], 0), ...arrays, ...xs]
    return b.scan(init, along, (c, carry, [part, ...slices]) => {
      const bound = new Map(inputs.map((i, k) => [i.name, slices[k]!]))
      const stage = build.stageInside(c, foldIn(c, key, part!), {
        rows: own => own / n,
        arrays: name => bound.get(name)!,
      })
      return body(c, stage, carry, slices.slice(inputs.length))
    })
  })
}

/** Losses whose sums and counts add up: one walk over the parts adds up sums, counts and the gradients of sums. */
export function accumulate(
  build: StepBuild,
  objectives: readonly Objective[],
  splittings: ReadonlyMap<Objective, Splitting>,
): Gradients[] {
  const { b, weights } = build
  const zero = b.scalar('f32', 0)
  const init = objectives.flatMap(o => [zero, zero, ...o.weights.map(w => b.fill(tensor('f32', w.shape), 0))])
  const wires = objectives.map(o => o.wire)
  const { carry } = overParts(build, wires, init, [], (c, stage, sofar) => {
    const terms = objectives.map(o => termsOf(stage, o.wire))
    const found = objectives.flatMap((o, k) => {
      const { sum, count } = terms[k]!
      const params = o.weights.map(w => weights.value(w.name))
      return [sum, count, ...gradient(c, sum, params)]
    })
    return { carry: found.map((v, i) => c.add(sofar[i]!, c.convert(v, 'f32'))) }
  })
  let at = 0
  return objectives.map(o => {
    const splitting = splittings.get(o) as Extract<Splitting, { kind: 'sums' }>
    const [sum, count, ...grads] = carry.slice(at, at + 2 + o.weights.length)
    at += 2 + o.weights.length
    return b.at(build.context.train, () => {
      const share = b.div(splitting.scale, count!)
      return { loss: b.mul(sum!, share), grads: grads.map(g => b.mul(g, share)) }
    })
  })
}
