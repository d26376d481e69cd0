import { pull } from '../../ir/autodiff/gradient.ts'
import { Builder } from '../../ir/builder.ts'
import { Comparison } from '../../ir/microbatch/compare.ts'
import { type Parts, rows, uniform } from '../../ir/microbatch/parts.ts'
import type { Var } from '../../ir/program.ts'
import { isFloat } from '../../ir/types.ts'
import type { CheckedNode } from '../check.ts'
import { GraphFault } from '../diagnostic.ts'
import { splitWire, type Wire, wiresOf } from '../document.ts'
import type { DeviceValue } from '../kit.ts'
import { fieldsOf } from '../slice.ts'
import type { CutWire, Splitting } from './accumulate.ts'
import { batchInputs } from './batch-inputs.ts'
import { termsOf } from './losses.ts'
import type { Objective, Survey } from './objectives.ts'
import type { Stage } from './stage.ts'
import { StepBuild } from './step-build.ts'

/** How each loss of a Train that accumulates can be computed from n parts of its batches. */
export function splittingsOf(found: Survey): Map<Objective, Splitting> {
  const stagings = new Stagings(found)
  return new Map(found.objectives.map(o => [o, stagings.splittingOf(o)]))
}

/** A Train's losses staged over the whole batch and over one part of it, side by side. */
class Stagings {
  private readonly found: Survey
  private readonly part: Stage
  private readonly comparison: Comparison
  /** By node: the node before it, or it itself, that updates a state. */
  private readonly updaters = new Map<string, { readonly node: string | undefined }>()

  constructor(found: Survey) {
    this.found = found
    const { build, objectives } = found
    const n = build.context.settings.accumulate
    const wires = objectives.map(o => o.wire)
    const like = new StepBuild(build.context, new Builder())
    this.part = like.stage({ rows: own => own / n })
    for (const wire of wires) this.part.value(wire)
    const fromBatch = new Set(batchInputs(build.context.graph, wires).map(i => i.name))
    const parts = new Map(like.b.finish('part').inputs.map(i => [i.name, i.value]))
    const roots = build.b
      .finish('whole')
      .inputs.flatMap(({ name, value }) =>
        parts.has(name)
          ? [[value, parts.get(name)!, fromBatch.has(name) ? rows(0, 0) : uniform(0)] as const]
          : [],
      )
    this.comparison = new Comparison({ whole: build.b.equations, part: like.b.equations, n, roots })
  }

  splittingOf(objective: Objective): Splitting {
    const { accumulate: n, nonSeparable } = this.found.build.context.settings
    const [sum, count] = (['sum', 'count'] as const).map(term =>
      this.comparison.of(
        termsOf(this.found.stage, objective.wire)[term],
        termsOf(this.part, objective.wire)[term],
      ),
    ) as [Parts, Parts]
    const updater = this.updaterOf(objective.wire)
    const addsUp = isTerm(sum) && isTerm(count) && !this.countMoves(objective)
    if (addsUp && updater === undefined)
      return { kind: 'sums', scale: n ** ((sum.degree ?? 0) - (count.degree ?? 0)) }
    const by = [sum, count].flatMap(p => (p.kind === 'mixed' ? [p.by.origin] : []))[0]
    const reason = addsUp
      ? `"${updater}" updates a state from all rows`
      : `"${by ?? splitWire(objective.wire).node}" compares rows with each other`
    const why = `the loss "${objective.wire}" can't be added up from parts of the batch: ${reason}`
    if (nonSeparable === 'refuse')
      throw new GraphFault('DT052', why, {
        field: 'params.nonSeparable',
        hint: 'Set nonSeparable to "two passes", or accumulate to 1.',
      })
    const cuts = this.cutsBefore(objective.wire)
    const { nodes } = this.found.build.context.graph
    if (cuts.every(c => nodes.get(splitWire(c.wire).node)!.def.kind === 'batch'))
      throw new GraphFault('DT052', `${why}, and nothing that is computed before it can be split`, {
        field: 'params.accumulate',
        hint: 'Set accumulate to 1: here it would save no memory.',
      })
    return { kind: 'two passes', cuts }
  }

  /** Whether a weight changes the count: then the gradient of the quotient is not that of the sum alone. */
  private countMoves(objective: Objective): boolean {
    const { build, stage } = this.found
    const { count } = termsOf(stage, objective.wire)
    const params = objective.weights.map(w => build.weights.value(w.name))
    const grads = pull(build.b, build.b.equations.slice(), [count], [build.b.onesLike(count)], params)
    return grads.some(g => g !== null)
  }

  /** A node on the way to a wire that updates a state: it must see the whole batch. */
  private updaterOf(wire: Wire): string | undefined {
    const { node: id } = splitWire(wire)
    const known = this.updaters.get(id)
    if (known) return known.node
    const node = this.found.build.context.graph.nodes.get(id)!
    const found = this.found.updating.has(id)
      ? id
      : this.inputsOf(node, wire)
          .map(w => this.updaterOf(w))
          .find(u => u !== undefined)
    this.updaters.set(id, { node: found })
    return found
  }

  /** The wires that a node reads on the device. What a closed one reads is staged apart: all but the batch. */
  private inputsOf(node: CheckedNode, output: Wire): readonly Wire[] {
    const { graph } = this.found.build.context
    if (node.def.kind === 'device' && node.def.binds)
      return fieldsOf(graph, [output]).map(f => `${f.batch}.${f.port}`)
    return Object.entries(node.def.inputs).flatMap(([port, spec]) =>
      spec.accepts.kind === 'host' ? [] : wiresOf(node.json.in[port]),
    )
  }

  /** The last wires on the way to a loss whose rows still stand apart, and which a node that mixes rows reads. */
  private cutsBefore(loss: Wire): CutWire[] {
    const { graph } = this.found.build.context
    const cuts = new Map<Wire, CutWire>()
    const seen = new Set<Wire>()
    const visit = (wire: Wire): void => {
      if (seen.has(wire)) return
      seen.add(wire)
      const fields = this.fields(wire)
      if (fields.every(([, p]) => p.kind === 'uniform')) return
      const apart = fields.every(
        ([, p, v]) => p.kind === 'rows' || (p.kind === 'uniform' && !isFloat(v.type.dtype)),
      )
      if (apart && this.updaterOf(wire) === undefined) {
        const axes = fields.map(([name, p]) => [name, p.kind === 'rows' ? p.axis : undefined] as const)
        cuts.set(wire, { wire, axes: Object.fromEntries(axes) })
        return
      }
      this.inputsOf(graph.nodes.get(splitWire(wire).node)!, wire).forEach(visit)
    }
    visit(loss)
    return [...cuts.values()].sort((x, y) => (x.wire < y.wire ? -1 : 1))
  }

  /** The tensors of a wire over the whole batch, and how they follow from parts. */
  private fields(wire: Wire): (readonly [string, Parts, Var])[] {
    const part = new Map(tensorsOf(this.part.value(wire)))
    return tensorsOf(this.found.stage.value(wire)).map(([name, v]) => [
      name,
      this.comparison.of(v, part.get(name)!),
      v,
    ])
  }
}

type Term = Extract<Parts, { kind: 'uniform' | 'sum' }>
const isTerm = (p: Parts): p is Term => p.kind === 'uniform' || p.kind === 'sum'

const tensorsOf = (value: DeviceValue): [string, Var][] =>
  'id' in value && 'type' in value ? [['', value as Var]] : Object.entries(value as Record<string, Var>)
