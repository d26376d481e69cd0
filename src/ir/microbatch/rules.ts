import { isFloat, sameShape } from '../types.ts'
import type { Pair } from './compare.ts'
import { contractionRules } from './contractions.ts'
import { controlRules } from './control.ts'
import { layoutRules } from './layout.ts'
import {
  type Degree,
  grown,
  isExact,
  type Known,
  mixed,
  type Parts,
  POSITION,
  product,
  rows,
  sameDegree,
  sumOf,
  uniform,
} from './parts.ts'

/** How the one result of an equation follows; undefined for what can't be shown. */
export type PartsRule = (pair: Pair) => Parts | undefined

/** How every result of an equation over the whole batch follows from the same equation over a part. */
export function rulesOf(pair: Pair): readonly Parts[] {
  const { eq, ins } = pair
  const all = (found: Parts | undefined) => eq.outs.map(() => found ?? mixed(eq))
  const first = ins.find(p => p.kind === 'mixed')
  if (first) return eq.outs.map(() => first)
  const control = controlRules[eq.prim.name]
  if (control) return control(pair) ?? all(undefined)
  if (ins.some(p => p.kind === 'position')) return all(ofPosition(pair))
  const rule = rulesByName[eq.prim.name]
  return all(rule ? rule(pair) : smooth(pair))
}

/** Constants alone stay positions; random bits drawn by position are rows like any other. */
function ofPosition({ eq, part, ins }: Pair): Parts | undefined {
  const axes = grown(eq.outs[0]!.type, part.outs[0]!.type)
  if (axes.length === 0) return undefined
  const [key] = ins
  if (eq.prim.name === 'threefry2x32' && key!.kind === 'uniform' && isExact(key!) && axes.length === 1)
    return rows(axes[0]!, 0)
  const constants = ins.every(p => p.kind === 'position' || (p.kind === 'uniform' && isExact(p)))
  return constants ? POSITION : undefined
}

/** The same parts with another degree. */
const withDegree = (p: Known, degree: Degree): Parts => ({ ...p, degree })

/** The one kind and row axis of operands of an elementwise equation; undefined where they disagree. */
function common(ins: readonly Parts[]): Known | undefined {
  const known = ins as readonly Known[]
  const row = known.find(p => p.kind === 'rows')
  if (row) return known.every(p => p.kind === 'rows' && p.axis === (row as typeof p).axis) ? row : undefined
  return known.find(p => p.kind === 'sum') ?? known[0]
}

/** Any function of each element: what it is given must be the same number in both stagings. */
const smooth: PartsRule = ({ eq, part, ins }) => {
  const shape = eq.outs[0]!.type.shape
  // Not every primitive is known here to be elementwise: one that is not must see nothing of the batch.
  if (eq.ins.some(v => !sameShape(v.type.shape, shape))) {
    const apart = grown(eq.outs[0]!.type, part.outs[0]!.type).length === 0
    return apart && ins.every(p => p.kind === 'uniform' && isExact(p)) ? uniform(0) : undefined
  }
  const base = common(ins)
  return base && ins.every(isExact) ? withDegree(base, 0) : undefined
}

/** Sums, differences and choices: all operands need one degree. */
const linear: PartsRule = ({ ins }) => {
  const base = common(ins)
  const degree = sameDegree((ins as readonly Known[]).map(p => p.degree))
  return base && degree !== undefined ? withDegree(base, degree) : undefined
}

const times =
  (invert: boolean): PartsRule =>
  ({ ins }) => {
    const [x, y] = ins as readonly [Known, Known]
    const base = common(ins)
    if (!base || (x.kind === 'sum' && y.kind === 'sum') || (invert && y.kind === 'sum')) return undefined
    return withDegree(base, product(x.degree, invert && y.degree !== null ? -y.degree : y.degree))
  }

const chosen: PartsRule = pair => {
  const [condition, x, y] = pair.ins as readonly [Known, Known, Known]
  const base = common(pair.ins)
  const degree = sameDegree([x.degree, y.degree])
  return base && isExact(condition) && degree !== undefined ? withDegree(base, degree) : undefined
}

/** Greater or less does not ask by how much: a common factor nᵈ does not matter. */
const compared: PartsRule = pair => {
  const found = linear(pair)
  return found && found.kind !== 'sum' ? withDegree(found as Known, 0) : undefined
}

const converted: PartsRule = pair => {
  const [x] = pair.ins as readonly [Known]
  const [from, to] = [pair.eq.ins[0]!, pair.eq.outs[0]!].map(v => isFloat(v.type.dtype))
  return isExact(x) || (to && (from || x.kind !== 'sum')) ? x : undefined
}

/** A constant in both stagings: the same number, or one that grows with the rows. */
const constant: PartsRule = ({ eq, part, n }) => {
  if (!sameShape(eq.outs[0]!.type.shape, part.outs[0]!.type.shape)) return POSITION
  const values = eq.params.values as readonly number[]
  const like = part.params.values as readonly number[]
  const degrees = values.map((x, i): Degree | undefined => {
    const y = like[i]!
    if (x === 0 && y === 0) return null
    if (Object.is(x, y)) return 0
    return [-2, -1, 1, 2].find(d => Math.abs(x / y / n ** d - 1) < 1e-6)
  })
  if (degrees.includes(undefined)) return undefined
  const degree = sameDegree(degrees as Degree[])
  return degree === undefined ? undefined : uniform(degree)
}

const iota: PartsRule = ({ eq, part }) => {
  const axes = grown(eq.outs[0]!.type, part.outs[0]!.type)
  if (axes.length === 0) return uniform(0)
  return axes.length === 1 && axes[0] !== eq.params.axis ? rows(axes[0]!, 0) : POSITION
}

const broadcast: PartsRule = ({ eq, part, ins }) => {
  const axes = grown(eq.outs[0]!.type, part.outs[0]!.type)
  const [x] = ins as readonly [Known]
  if (x.kind === 'rows') return rows((eq.params.dims as readonly number[])[x.axis]!, x.degree)
  if (axes.length === 0) return x
  if (x.kind === 'sum') return undefined
  return axes.length === 1 ? rows(axes[0]!, x.degree) : POSITION
}

/** A sum over the row axis is a sum over the parts. */
const reduceSum: PartsRule = ({ eq, ins }) => {
  const [x] = ins as readonly [Known]
  const axes = eq.params.axes as readonly number[]
  if (x.kind !== 'rows') return x
  return axes.includes(x.axis) ? sumOf(product(x.degree, 1)) : rows(without(x.axis, axes), x.degree)
}

/** Any other reduction, each row by itself. */
const reduce =
  (axesOf: (params: Pair['eq']['params']) => readonly number[], keeps = false): PartsRule =>
  ({ eq, ins }) => {
    const base = common(ins)
    if (!base || !ins.every(isExact)) return undefined
    if (base.kind !== 'rows') return uniform(0)
    const axes = axesOf(eq.params)
    if (axes.includes(base.axis)) return undefined
    return rows(keeps ? base.axis : without(base.axis, axes), 0)
  }

const without = (axis: number, dropped: readonly number[]): number =>
  axis - dropped.filter(a => a < axis).length

const axesParam = (params: Pair['eq']['params']) => params.axes as readonly number[]
const axisParam = (params: Pair['eq']['params']) => [params.axis as number]

/** Each result of it has the last axis of its operand cut short. */
const topK: PartsRule = pair => {
  const last = pair.eq.ins[0]!.type.shape.length - 1
  return reduce(() => [last], true)(pair)
}

/** The first operand's own values: nothing else about it counts. */
const same: PartsRule = ({ ins }) => ins[0]

const cumsum: PartsRule = ({ eq, ins }) => {
  const [x] = ins as readonly [Known]
  return x.kind === 'rows' && x.axis === eq.params.axis ? undefined : x
}

const reduceWindow: PartsRule = pair => {
  const { eq, ins } = pair
  const [x] = ins as readonly [Known]
  const at = (key: string, axis: number) => (eq.params[key] as readonly number[])[axis]!
  const alone = (axis: number) =>
    at('window', axis) === 1 && at('strides', axis) === 1 && at('low', axis) + at('high', axis) === 0
  if (x.kind === 'rows' && !alone(x.axis)) return undefined
  return eq.params.kind === 'sum' || isExact(x) ? x : undefined
}

/** Bits from counters of the rows. */
const threefry: PartsRule = ({ ins: [key, ...counters] }) => {
  const base = common(counters)
  return base && key!.kind === 'uniform' && isExact(key!) && counters.every(isExact) ? base : undefined
}

const rulesByName: Readonly<Record<string, PartsRule>> = {
  constant,
  iota,
  broadcast,
  add: linear,
  sub: linear,
  neg: linear,
  select: chosen,
  compare: compared,
  convert: converted,
  mul: times(false),
  div: times(true),
  stop_gradient: same,
  straight_through: same,
  reduce_sum: reduceSum,
  reduce_max: reduce(axesParam),
  reduce_min: reduce(axesParam),
  reduce_prod: reduce(axesParam),
  reduce_and: reduce(axesParam),
  reduce_or: reduce(axesParam),
  argmax: reduce(axisParam),
  sort: reduce(axisParam, true),
  top_k: topK,
  cumsum,
  reduce_window: reduceWindow,
  threefry2x32: threefry,
  ...layoutRules,
  ...contractionRules,
}
