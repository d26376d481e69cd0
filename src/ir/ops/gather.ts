import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { showType, stridesOf, type TensorType, tensor } from '../types.ts'
import { i64s } from './rules.ts'

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

/** For every result position: the operand position it reads, with out-of-range starts clamped. */
export function forEachGathered(
  operand: TensorType,
  indices: { type: TensorType; data: Float64Array },
  d: GatherDims,
  out: TensorType,
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
    indexAxes.forEach((axis, k) => {
      base += index[batchAxes[k]!]! * si[axis]!
      const batched = d.indexBatch.indexOf(axis)
      if (batched >= 0) at[d.operandBatch[batched]!] = index[batchAxes[k]!]!
    })
    d.startIndexMap.forEach((axis, k) => {
      const start = indices.data[base + (si[d.indexVectorDim] ?? 0) * k]!
      at[axis] = Math.max(0, Math.min(start, operand.shape[axis]! - d.sliceSizes[axis]!))
    })
    windowAxes.forEach((axis, k) => {
      at[axis]! += index[d.offsetDims[k]!]!
    })
    visit(
      at.reduce((q, k, i) => q + k * so[i]!, 0),
      p,
    )
  })
}

/** `#stablehlo.gather<…>` of the dimensions; scatter writes the same facts under other names. */
const attribute = (d: GatherDims): string =>
  `#stablehlo.gather<offset_dims = [${d.offsetDims}], collapsed_slice_dims = [${d.collapsedDims}], operand_batching_dims = [${d.operandBatch}], start_indices_batching_dims = [${d.indexBatch}], start_index_map = [${d.startIndexMap}], index_vector_dim = ${d.indexVectorDim}>`

/** Windows of an operand at index vectors: embedding look-up, take along an axis, crops. */
export const gather = definePrimitive<GatherDims>({
  name: 'gather',
  type: ([x, indices], d) => {
    if (indices!.dtype !== 's32' && indices!.dtype !== 'u32')
      throw new TypeFault(`indices must be s32 or u32, got ${showType(indices!)}`)
    const tooLarge = d.sliceSizes.length !== x!.shape.length || d.sliceSizes.some((s, i) => s > x!.shape[i]!)
    if (tooLarge) throw new TypeFault(`windows [${d.sliceSizes}] don't fit ${showType(x!)}`)
    const window = d.sliceSizes.filter((_, i) => !d.collapsedDims.includes(i) && !d.operandBatch.includes(i))
    const outer = indices!.shape.filter((_, i) => i !== d.indexVectorDim)
    const shape: number[] = []
    for (let i = 0, w = 0, o = 0; i < window.length + outer.length; i++)
      shape.push(d.offsetDims.includes(i) ? window[w++]! : outer[o++]!)
    return [tensor(x!.dtype, shape)]
  },
  vjp: ({ b, ins: [x, indices], params: d, ct }) => {
    const { sliceSizes: _, ...dims } = d
    return [b.scatterAdd(b.zerosLike(x!), indices!, ct, dims), null]
  },
  reference: ([x, indices], d, [out]) => {
    const result = refZeros(out!)
    forEachGathered(x!.type, indices!, d, out!, (from, to) => {
      result.data[to] = x!.data[from]!
    })
    return [result]
  },
  stablehlo: (e, ins, d, [out]) => [
    e.op(
      'stablehlo.gather',
      ins,
      out!,
      `dimension_numbers = ${attribute(d)}, slice_sizes = ${i64s(d.sliceSizes)}, indices_are_sorted = false`,
    ),
  ],
  cases: [
    {
      in: ['f32[6,4]', { type: 's32[2,3]', range: [0, 5] }],
      params: {
        offsetDims: [2],
        collapsedDims: [0],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0],
        indexVectorDim: 2,
        sliceSizes: [1, 4],
      },
      tol: 0,
    },
    {
      in: ['f32[3,5,4]', { type: 's32[3]', range: [0, 4] }],
      params: {
        offsetDims: [1],
        collapsedDims: [1],
        operandBatch: [0],
        indexBatch: [0],
        startIndexMap: [1],
        indexVectorDim: 1,
        sliceSizes: [1, 1, 4],
      },
      tol: 0,
    },
    {
      in: ['f32[7,6]', { type: 's32[4,2]', range: [0, 3] }],
      params: {
        offsetDims: [1, 2],
        collapsedDims: [],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0, 1],
        indexVectorDim: 1,
        sliceSizes: [2, 3],
      },
      tol: 0,
    },
  ],
})
