import { gradient, pull } from '../../ir/autodiff/gradient.ts'
import type { Builder } from '../../ir/builder.ts'
import type { Var } from '../../ir/program.ts'
import { isFloat, tensor } from '../../ir/types.ts'
import type { Wire } from '../document.ts'
import type { DeviceValue } from '../kit.ts'
import { type CutWire, overParts, type Splitting } from './accumulate.ts'
import { type Gradients, termsOf } from './losses.ts'
import type { Objective } from './objectives.ts'
import { mergeRows, splitRows } from './row-parts.ts'
import type { Cut, Stage } from './stage.ts'
import type { StepBuild } from './step-build.ts'

/** One tensor of a cut wire; one that is the same for every part has no row axis. */
interface CutField {
  readonly wire: Wire
  /** '' for a wire that is one tensor. */
  readonly name: string
  readonly axis: number | undefined
}

/**
 * Losses that compare rows with each other. First what their cut wires carry is computed part by part, then the
 * losses and their gradients with respect to that on the whole batch; last, each part is computed again and its
 * share of those gradients carried back to the weights. Only one part's inner values are ever kept.
 *
 * Source: Gao et al. 2021 (arXiv 2101.06983), section 3.2.
 */
export function twoPasses(
  build: StepBuild,
  objectives: readonly Objective[],
  splittings: ReadonlyMap<Objective, Splitting>,
): Gradients[] {
  const { b, weights } = build
  const { train, settings } = build.context
  const fields = fieldsOfCuts(objectives, splittings)
  const wires = [...new Set(fields.map(f => f.wire))]

  const first = overParts(build, wires, [], [], (_, stage) => ({
    carry: [],
    ys: fields.map(f => fieldOf(stage, f)),
  }))
  // Reverse mode ends here: what lies before is differentiated part by part.
  const leaves = b.at(train, () =>
    first.ys.map((parts, i) => b.stopGradient(wholeOf(b, parts, fields[i]!.axis))),
  )
  const stage = build.stage({
    cuts: cutsOf(build.stage(), fields, leaves),
    updates: build.updates.staging(),
  })
  const losses = objectives.map(o => {
    const { sum, count } = termsOf(stage, o.wire)
    return b.at(train, () => b.div(sum, count))
  })
  const smooth = leaves.flatMap((v, i) => (isFloat(v.type.dtype) && fields[i]!.axis !== undefined ? [i] : []))
  const behind = objectives.map((o, k) => {
    const params = o.weights.map(w => weights.value(w.name))
    return gradient(b, losses[k]!, [...smooth.map(i => leaves[i]!), ...params])
  })

  const cotangents = b.at(train, () =>
    behind.flatMap(grads =>
      smooth.map((i, k) => splitRows(b, grads[k]!, fields[i]!.axis!, settings.accumulate)),
    ),
  )
  const init = objectives.flatMap(o => o.weights.map(w => b.fill(tensor('f32', w.shape), 0)))
  const { carry } = overParts(build, wires, init, cotangents, (c, part, sofar, cts) => {
    const values = smooth.map(i => fieldOf(part, fields[i]!))
    const forward = c.equations.slice()
    const found = objectives.flatMap((o, k) => {
      const params = o.weights.map(w => c.local(weights.value(w.name)))
      const mine = cts.slice(k * smooth.length, (k + 1) * smooth.length)
      return pull(c, forward, values, mine, params)
    })
    return { carry: sofar.map((v, i) => (found[i] ? c.add(v, c.convert(found[i], 'f32')) : v)) }
  })
  let at = 0
  return objectives.map((o, k) => {
    const before = carry.slice(at, at + o.weights.length)
    at += o.weights.length
    const direct = behind[k]!.slice(smooth.length)
    return { loss: losses[k]!, grads: b.at(train, () => before.map((g, i) => b.add(g, direct[i]!))) }
  })
}

/** Every tensor of every wire that is cut for one of the objectives. */
function fieldsOfCuts(
  objectives: readonly Objective[],
  splittings: ReadonlyMap<Objective, Splitting>,
): CutField[] {
  const cuts = new Map<Wire, CutWire>()
  for (const o of objectives) {
    const splitting = splittings.get(o)!
    if (splitting.kind === 'two passes') for (const cut of splitting.cuts) cuts.set(cut.wire, cut)
  }
  return [...cuts.values()].flatMap(({ wire, axes }) =>
    Object.entries(axes).map(([name, axis]) => ({ wire, name, axis })),
  )
}

function fieldOf(stage: Stage, { wire, name }: CutField): Var {
  const value = stage.value(wire)
  return name === '' ? (value as Var) : (value as Readonly<Record<string, Var>>)[name]!
}

/** The parts put together; of a tensor that is the same for every part, the first. */
const wholeOf = (b: Builder, parts: Var, axis: number | undefined): Var =>
  axis === undefined
    ? b.reshape(b.sliceAxis(parts, 0, 0, 1), parts.type.shape.slice(1))
    : mergeRows(b, parts, axis)

/** The cut wires with their values and with their types on the whole batch. */
function cutsOf(stage: Stage, fields: readonly CutField[], values: readonly Var[]): Map<Wire, Cut> {
  const wires = [...new Set(fields.map(f => f.wire))]
  return new Map(
    wires.map(wire => {
      const mine = fields.flatMap((f, i) => (f.wire === wire ? [[f.name, values[i]!] as const] : []))
      const value: DeviceValue = mine[0]![0] === '' ? mine[0]![1] : Object.fromEntries(mine)
      return [wire, { value, type: stage.type(wire) }]
    }),
  )
}
