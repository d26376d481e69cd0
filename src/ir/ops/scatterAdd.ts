import { definePrimitive, TypeFault } from '../primitive.ts'
import { showType } from '../types.ts'
import { forEachGathered, type GatherDims } from './gather.ts'
import { floatLike } from './rules.ts'

/** The same dimensions as the gather that reads what this writes; the window sizes come from the updates. */
export type ScatterDims = Omit<GatherDims, 'sliceSizes'>

const windowSizes = (operand: readonly number[], updates: readonly number[], d: ScatterDims): number[] => {
  let k = 0
  return operand.map((_, i) =>
    d.collapsedDims.includes(i) || d.operandBatch.includes(i) ? 1 : updates[d.offsetDims[k++]!]!,
  )
}

/**
 * Adds windows of updates into an operand at index vectors; several windows at one place all count.
 * Indices must be in range: the backends differ in what they do with others.
 */
export const scatterAdd = definePrimitive<ScatterDims>({
  name: 'scatter_add',
  type: ([x, indices, updates], d) => {
    if (indices!.dtype !== 's32' && indices!.dtype !== 'u32')
      throw new TypeFault(`indices must be s32 or u32, got ${showType(indices!)}`)
    const outer = indices!.shape.filter((_, i) => i !== d.indexVectorDim)
    const fits =
      updates!.dtype === floatLike(x).dtype &&
      updates!.shape.length === outer.length + d.offsetDims.length &&
      updates!.shape.filter((_, i) => !d.offsetDims.includes(i)).every((n, i) => n === outer[i])
    if (!fits)
      throw new TypeFault(
        `updates ${showType(updates!)} don't fit indices ${showType(indices!)} and operand ${showType(x!)}`,
      )
    return [x!]
  },
  vjp: ({ b, ins: [x, indices, updates], params: d, ct, needs }) => {
    const sliceSizes = windowSizes(x!.type.shape, updates!.type.shape, d)
    return [ct, null, needs[2] ? b.gather(ct, indices!, { ...d, sliceSizes }) : null]
  },
  reference: ([x, indices, updates], d) => {
    const data = Float64Array.from(x!.data)
    const dims = { ...d, sliceSizes: windowSizes(x!.type.shape, updates!.type.shape, d) }
    forEachGathered(x!.type, indices!, dims, updates!.type, (to, from) => {
      data[to]! += updates!.data[from]!
    })
    return [{ type: x!.type, data }]
  },
  stablehlo: (e, ins, d, [out]) => {
    const numbers = `#stablehlo.scatter<update_window_dims = [${d.offsetDims}], inserted_window_dims = [${d.collapsedDims}], input_batching_dims = [${d.operandBatch}], scatter_indices_batching_dims = [${d.indexBatch}], scatter_dims_to_operand_dims = [${d.startIndexMap}], index_vector_dim = ${d.indexVectorDim}>`
    const region = e.reducer('stablehlo.add', { dtype: out!.dtype, shape: [] })
    const attributes = `scatter_dimension_numbers = ${numbers}, indices_are_sorted = false, unique_indices = false`
    return [e.op('stablehlo.scatter', ins, out!, attributes, region)]
  },
  cases: [
    {
      in: ['f32[6,4]', { type: 's32[2,3]', range: [0, 5] }, 'f32[2,3,4]'],
      params: {
        offsetDims: [2],
        collapsedDims: [0],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0],
        indexVectorDim: 2,
      },
    },
    {
      in: ['f32[3,5,4]', { type: 's32[3]', range: [0, 4] }, 'f32[3,4]'],
      params: {
        offsetDims: [1],
        collapsedDims: [1],
        operandBatch: [0],
        indexBatch: [0],
        startIndexMap: [1],
        indexVectorDim: 1,
      },
    },
  ],
})
