import { TypeFault } from '../primitive.ts'
import { forEachIndex } from '../reference.ts'
import { showType, stridesOf, type TensorType } from '../types.ts'

/** StableHLO's gather: takes a window of `sliceSizes` at each index vector. */
export type GatherDims = {
  /** Axes of the result that hold the window. */
  readonly offsetDims: readonly number[]
  /** Axes of the operand left out of the window (their slice size is 1). */
  readonly collapsedDims: readonly number[]
  /** Axes of the operand and of the indices that run together. */
  readonly operandBatch: readonly number[]
  readonly indexBatch: readonly number[]
  /** The operand axis that each component of an index vector addresses. */
  readonly startIndexMap: readonly number[]
  /** The axis of the indices that holds the vector. */
  readonly indexVectorDim: number
  readonly sliceSizes: readonly number[]
}

/** Whether axes are ascending, distinct and below `rank`. */
export const ascending = (axes: readonly number[], rank: number): boolean =>
  axes.every((a, i) => Number.isInteger(a) && a >= 0 && a < rank && (i === 0 || a > axes[i - 1]!))

/** What gather and scatter ask of their operand, indices and dimensions alike. */
export function checkIndexing(x: TensorType, indices: TensorType, d: GatherDims): void {
  if (indices.dtype !== 's32' && indices.dtype !== 'u32')
    throw new TypeFault(`indices must be s32 or u32, got ${showType(indices)}`)
  const rank = x.shape.length
  const windowsFit = d.sliceSizes.length === rank && d.sliceSizes.every((s, i) => s >= 0 && s <= x.shape[i]!)
  if (!windowsFit) throw new TypeFault(`windows [${d.sliceSizes}] don't fit ${showType(x)}`)
  const dropped = [...d.collapsedDims, ...d.operandBatch]
  if (
    !ascending(d.collapsedDims, rank) ||
    !ascending(d.operandBatch, rank) ||
    new Set(dropped).size !== dropped.length
  )
    throw new TypeFault(
      `collapsed [${d.collapsedDims}] and batch [${d.operandBatch}] are not distinct, ascending axes of ${showType(x)}`,
    )
  if (dropped.some(i => d.sliceSizes[i] !== 1))
    throw new TypeFault(`windows [${d.sliceSizes}] must be 1 along the dropped axes [${dropped}]`)
  // An index vector axis one past the rank means that each index is a single number.
  const components = d.indexVectorDim === indices.shape.length ? 1 : indices.shape[d.indexVectorDim]
  const addressed = new Set([...d.startIndexMap, ...d.operandBatch])
  const vectorsFit =
    components === d.startIndexMap.length &&
    addressed.size === d.startIndexMap.length + d.operandBatch.length &&
    d.startIndexMap.every(i => x.shape[i] !== undefined)
  if (!vectorsFit)
    throw new TypeFault(
      `index vectors along axis ${d.indexVectorDim} of ${showType(indices)} don't address axes [${d.startIndexMap}] of ${showType(x)}`,
    )
  const batchesFit =
    d.indexBatch.length === d.operandBatch.length &&
    d.indexBatch.every((k, i) => k !== d.indexVectorDim && indices.shape[k] === x.shape[d.operandBatch[i]!])
  if (!batchesFit)
    throw new TypeFault(
      `batch axes [${d.operandBatch}] of ${showType(x)} and [${d.indexBatch}] of ${showType(indices)} don't match`,
    )
}

/** Whether each index takes one row of the operand as it stands in memory, and the rows follow one another. */
export function wholeRows(x: TensorType, indices: TensorType, d: GatherDims, out: TensorType): boolean {
  const rank = x.shape.length
  const single = d.indexVectorDim === indices.shape.length || d.indexVectorDim === indices.shape.length - 1
  return (
    single &&
    d.operandBatch.length === 0 &&
    String(d.collapsedDims) === '0' &&
    String(d.startIndexMap) === '0' &&
    d.sliceSizes.every((n, i) => i === 0 || n === x.shape[i]) &&
    d.offsetDims.every((a, i) => a === out.shape.length - (rank - 1) + i)
  )
}

/**
 * Visits every window element: its position in the operand and in the result (or the updates). A window
 * that reaches outside the operand is moved inside (`clamp`, gather's rule) or left out (`skip`, scatter's).
 */
export function forEachIndexed(
  operand: TensorType,
  indices: { readonly type: TensorType; readonly data: ArrayLike<number> },
  d: GatherDims,
  out: TensorType,
  outside: 'clamp' | 'skip',
  visit: (operandPosition: number, outPosition: number) => void,
): void {
  const so = stridesOf(operand.shape)
  const si = stridesOf(indices.type.shape)
  const windowAxes = operand.shape
    .map((_, i) => i)
    .filter(i => !d.collapsedDims.includes(i) && !d.operandBatch.includes(i))
  const batchAxes = out.shape.map((_, i) => i).filter(i => !d.offsetDims.includes(i))
  const indexAxes = indices.type.shape.map((_, i) => i).filter(i => i !== d.indexVectorDim)
  forEachIndex(out.shape, (index, p) => {
    const at = new Array<number>(operand.shape.length).fill(0)
    let base = 0
    let fits = true
    indexAxes.forEach((axis, k) => {
      base += index[batchAxes[k]!]! * si[axis]!
      const batched = d.indexBatch.indexOf(axis)
      if (batched >= 0) at[d.operandBatch[batched]!] = index[batchAxes[k]!]!
    })
    d.startIndexMap.forEach((axis, k) => {
      const start = indices.data[base + (si[d.indexVectorDim] ?? 0) * k]!
      at[axis] = Math.max(0, Math.min(start, operand.shape[axis]! - d.sliceSizes[axis]!))
      fits &&= at[axis] === start
    })
    if (!fits && outside === 'skip') return
    windowAxes.forEach((axis, k) => {
      at[axis]! += index[d.offsetDims[k]!]!
    })
    visit(
      at.reduce((q, k, i) => q + k * so[i]!, 0),
      p,
    )
  })
}

/** The indices as JAX takes them in Python: their vectors along the last axis. */
export function vectorsInJax(
  indices: string,
  { shape }: TensorType,
  { indexVectorDim }: Pick<GatherDims, 'indexVectorDim'>,
): string {
  if (indexVectorDim === shape.length) return `${indices}[..., None]`
  return indexVectorDim === shape.length - 1 ? indices : `jnp.moveaxis(${indices}, ${indexVectorDim}, -1)`
}

/** The batch axes of those indices. */
export const batchesInJax = ({ indexBatch, indexVectorDim }: Omit<GatherDims, 'sliceSizes'>): number[] =>
  indexBatch.map(k => (k > indexVectorDim ? k - 1 : k))
