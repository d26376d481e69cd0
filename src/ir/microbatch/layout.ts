import { elementCount } from '../types.ts'
import { grown, isExact, type Known, type Parts, rows, sameDegree } from './parts.ts'
import type { PartsRule } from './rules.ts'

/** Rows stay together where what stands before their axis is as much as it was. */
const reshape: PartsRule = ({ eq, part, ins }) => {
  const [x] = ins as readonly [Known]
  if (x.kind !== 'rows') return x
  const [axis] = grown(eq.outs[0]!.type, part.outs[0]!.type)
  if (axis === undefined) return undefined
  const before = (shape: readonly number[], end: number) => elementCount(shape.slice(0, end))
  const kept = before(eq.ins[0]!.type.shape, x.axis) === before(eq.outs[0]!.type.shape, axis)
  return kept ? rows(axis, x.degree) : undefined
}

const transpose: PartsRule = ({ eq, ins }) => {
  const [x] = ins as readonly [Known]
  return x.kind === 'rows' ? rows((eq.params.permutation as number[]).indexOf(x.axis), x.degree) : x
}

const reverse: PartsRule = ({ eq, ins }) => {
  const [x] = ins as readonly [Known]
  return x.kind === 'rows' && (eq.params.axes as number[]).includes(x.axis) ? undefined : x
}

const slice: PartsRule = ({ eq, part, ins }) => {
  const [x] = ins as readonly [Known]
  const at = (of: typeof eq, key: string, axis: number) => (of.params[key] as readonly number[])[axis]!
  const whole = (of: typeof eq, axis: number) =>
    at(of, 'start', axis) === 0 &&
    at(of, 'limit', axis) === of.ins[0]!.type.shape[axis] &&
    at(of, 'strides', axis) === 1
  const alike = eq.ins[0]!.type.shape.every(
    (_, i) =>
      (x.kind === 'rows' && i === x.axis) ||
      (at(eq, 'start', i) === at(part, 'start', i) && at(eq, 'limit', i) === at(part, 'limit', i)),
  )
  if (!alike) return undefined
  return x.kind === 'rows' && !(whole(eq, x.axis) && whole(part, x.axis)) ? undefined : x
}

const pad: PartsRule = ({ eq, ins }) => {
  const [x, value] = ins as readonly [Known, Known]
  const degree = sameDegree([x.degree, value.degree])
  if (value.kind !== 'uniform' || degree === undefined) return undefined
  // Of a sum only zeros can stand beside it: another number would have to be a mean of itself.
  if (x.kind === 'sum' && value.degree !== null) return undefined
  const none = (key: string, axis: number) => (eq.params[key] as readonly number[])[axis] === 0
  if (x.kind === 'rows' && !['low', 'high', 'interior'].every(key => none(key, x.axis))) return undefined
  return { ...x, degree }
}

const concatenate: PartsRule = ({ eq, ins }) => {
  const known = ins as readonly Known[]
  const degree = sameDegree(known.map(p => p.degree))
  if (degree === undefined) return undefined
  const row = known.find(p => p.kind === 'rows')
  if (!row) return { ...(known.find(p => p.kind === 'sum') ?? known[0]!), degree }
  const { axis } = row as Extract<Parts, { kind: 'rows' }>
  const together = known.every(p => p.kind === 'rows' && p.axis === axis) && axis !== eq.params.axis
  return together ? rows(axis, degree) : undefined
}

const dynamicSlice: PartsRule = ({ eq, part, ins }) => {
  const [x, ...starts] = ins as readonly [Known, ...Known[]]
  if (!starts.every(s => s.kind === 'uniform' && isExact(s))) return undefined
  if (x.kind !== 'rows') return x
  const whole = (of: typeof eq) =>
    (of.params.sizes as readonly number[])[x.axis] === of.ins[0]!.type.shape[x.axis]
  return whole(eq) && whole(part) ? x : undefined
}

/** Where elements go: arrays of parts stay apart along the row axis. */
export const layoutRules: Readonly<Record<string, PartsRule>> = {
  reshape,
  transpose,
  reverse,
  slice,
  pad,
  concatenate,
  dynamic_slice: dynamicSlice,
}
