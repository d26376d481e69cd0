import type { DotDims } from '../ops/dotGeneral.ts'
import type { GatherDims } from '../ops/indexing.ts'
import { isExact, type Known, product, rows, sumOf } from './parts.ts'
import type { PartsRule } from './rules.ts'

/** Where an axis of an operand of dot_general stands in its result; undefined for a contracted one. */
function axisOfDot(
  d: DotDims,
  side: 'lhs' | 'rhs',
  axis: number,
  ranks: readonly [number, number],
): number | undefined {
  const batch = d[`${side}Batch`]
  const contract = d[`${side}Contract`]
  if (batch.includes(axis)) return batch.indexOf(axis)
  if (contract.includes(axis)) return undefined
  const free = (rank: number, taken: readonly number[]) =>
    [...Array(rank).keys()].filter(i => !taken.includes(i))
  const lhsFree = free(ranks[0], [...d.lhsBatch, ...d.lhsContract])
  if (side === 'lhs') return batch.length + lhsFree.indexOf(axis)
  return batch.length + lhsFree.length + free(ranks[1], [...batch, ...contract]).indexOf(axis)
}

/** A product over the rows of both sides is a sum over the parts; rows against rows of the other side mix. */
const dotGeneral: PartsRule = ({ eq, ins }) => {
  const [x, y] = ins as readonly [Known, Known]
  const d = eq.params as unknown as DotDims
  const degree = product(x.degree, y.degree)
  const ranks = [eq.ins[0]!.type.shape.length, eq.ins[1]!.type.shape.length] as const
  if (x.kind === 'rows' && y.kind === 'rows') {
    const contracted = d.lhsContract.indexOf(x.axis)
    if (contracted >= 0) return d.rhsContract[contracted] === y.axis ? sumOf(product(degree, 1)) : undefined
    const batch = d.lhsBatch.indexOf(x.axis)
    return batch >= 0 && d.rhsBatch[batch] === y.axis ? rows(batch, degree) : undefined
  }
  if (x.kind === 'sum' || y.kind === 'sum')
    return (x.kind === 'sum' ? y : x).kind === 'uniform' ? sumOf(degree) : undefined
  if (x.kind === 'uniform' && y.kind === 'uniform') return { kind: 'uniform', degree }
  const [side, row] =
    x.kind === 'rows' ? (['lhs', x] as const) : (['rhs', y as typeof x & { axis: number }] as const)
  const axis = axisOfDot(d, side, row.axis, ranks)
  return axis === undefined ? undefined : rows(axis, degree)
}

const convolution: PartsRule = ({ ins }) => {
  const [x, kernel] = ins as readonly [Known, Known]
  const degree = product(x.degree, kernel.degree)
  if (kernel.kind !== 'uniform') return undefined
  return x.kind === 'rows' && x.axis !== 0 ? undefined : { ...x, degree }
}

/** Looking up: each index vector finds its window by itself. */
const gather: PartsRule = ({ eq, part, ins }) => {
  const [x, indices] = ins as readonly [Known, Known]
  const d = eq.params as unknown as GatherDims
  if (!isExact(indices)) return undefined
  const sizes = [d.sliceSizes, (part.params as unknown as GatherDims).sliceSizes] as const
  const wholeAxis = (axis: number) =>
    sizes[0][axis] === eq.ins[0]!.type.shape[axis] && sizes[1][axis] === part.ins[0]!.type.shape[axis]
  const alike = (except: number) => sizes[0].every((s, i) => i === except || s === sizes[1][i])
  const rank = eq.outs[0]!.type.shape.length
  const outer = [...Array(rank).keys()].filter(i => !d.offsetDims.includes(i))
  /** Where an axis of the indices stands in the result. */
  const place = (axis: number) => outer[axis - (d.indexVectorDim < axis ? 1 : 0)]!
  if (indices.kind === 'rows') {
    if (indices.axis === d.indexVectorDim || !alike(-1)) return undefined
    if (x.kind === 'uniform') return rows(place(indices.axis), x.degree)
    const together = d.indexBatch.indexOf(indices.axis)
    if (x.kind !== 'rows' || together < 0 || d.operandBatch[together] !== x.axis) return undefined
    return rows(place(indices.axis), x.degree)
  }
  if (x.kind !== 'rows') return alike(-1) ? x : undefined
  if (!wholeAxis(x.axis) || !alike(x.axis) || d.collapsedDims.includes(x.axis)) return undefined
  const window = sizes[0]
    .map((_, i) => i)
    .filter(i => !d.collapsedDims.includes(i) && !d.operandBatch.includes(i))
  return rows(d.offsetDims[window.indexOf(x.axis)]!, x.degree)
}

/** Products, and looking up. */
export const contractionRules: Readonly<Record<string, PartsRule>> = {
  dot_general: dotGeneral,
  convolution,
  gather,
}
