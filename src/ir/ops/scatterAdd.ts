import { definePrimitive, TypeFault } from '../primitive.ts'
import { elementCount, showType } from '../types.ts'
import { casesIn } from './cases.ts'
import {
  ascending,
  batchesInJax,
  checkIndexing,
  forEachIndexed,
  type GatherDims,
  vectorsInJax,
  wholeRows,
} from './indexing.ts'
import { pyTuple } from './python.ts'
import { floatLike, operands } from './rules.ts'

/** The same dimensions as the gather that reads what this writes; the window sizes come from the updates. */
export type ScatterDims = Omit<GatherDims, 'sliceSizes'>

/** The gather that reads where this scatter writes. */
const asGather = (operand: readonly number[], updates: readonly number[], d: ScatterDims): GatherDims => {
  let k = 0
  const sliceSizes = operand.map((_, i) =>
    d.collapsedDims.includes(i) || d.operandBatch.includes(i) ? 1 : (updates[d.offsetDims[k++]!] ?? 0),
  )
  return { ...d, sliceSizes }
}

/**
 * Adds windows of updates into an operand at index vectors; several windows at one place all count, and a
 * window that reaches outside adds nothing. The derivative holds for indices in range.
 */
export const scatterAdd = definePrimitive<ScatterDims>({
  name: 'scatter_add',
  type: (ins, d) => {
    const [x, indices, updates] = operands(ins, 3)
    checkIndexing(x!, indices!, asGather(x!.shape, updates!.shape, d))
    const outer = indices!.shape.filter((_, i) => i !== d.indexVectorDim)
    const windowRank = x!.shape.length - d.collapsedDims.length - d.operandBatch.length
    const fits =
      updates!.dtype === floatLike(x!).dtype &&
      d.offsetDims.length === windowRank &&
      updates!.shape.length === outer.length + windowRank &&
      ascending(d.offsetDims, updates!.shape.length) &&
      updates!.shape.filter((_, i) => !d.offsetDims.includes(i)).every((n, i) => n === outer[i])
    if (!fits)
      throw new TypeFault(
        `updates ${showType(updates!)} don't fit indices ${showType(indices!)} and operand ${showType(x!)}`,
      )
    return [x!]
  },
  vjp: ({ b, ins: [x, indices, updates], params: d, ct, needs }) => {
    const reads = asGather(x!.type.shape, updates!.type.shape, d)
    return [ct, null, needs[2] ? b.gather(ct, indices!, reads) : null]
  },
  reference: ([x, indices, updates], d) => {
    const data = Float64Array.from(x!.data)
    const dims = asGather(x!.type.shape, updates!.type.shape, d)
    forEachIndexed(x!.type, indices!, dims, updates!.type, 'skip', (to, from) => {
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
  tfjs: (tf, ins, d, outs) =>
    tf.host(ins, outs, ([all, at, updates], [result]) => {
      const [x, indices, from] = ins.map(r => r.type)
      const dims = asGather(x!.shape, from!.shape, d)
      result!.set(all!)
      if (!wholeRows(x!, indices!, dims, from!)) {
        forEachIndexed(x!, { type: indices!, data: at! }, dims, from!, 'skip', (to, p) => {
          result![to]! += updates![p]!
        })
        return
      }
      const size = elementCount(x!.shape.slice(1))
      for (const [i, row] of at!.entries()) {
        if (row < 0 || row >= x!.shape[0]!) continue
        for (let k = 0; k < size; k++) result![row * size + k]! += updates![i * size + k]!
      }
    }),
  jax: ([x, indices, updates], d, j) => {
    const numbers = [
      `update_window_dims=${pyTuple(d.offsetDims)}`,
      `inserted_window_dims=${pyTuple(d.collapsedDims)}`,
      `scatter_dims_to_operand_dims=${pyTuple(d.startIndexMap)}`,
      `operand_batching_dims=${pyTuple(d.operandBatch)}`,
      `scatter_indices_batching_dims=${pyTuple(batchesInJax(d))}`,
    ]
    const dims = `lax.ScatterDimensionNumbers(${numbers.join(', ')})`
    return `lax.scatter_add(${x}, ${vectorsInJax(indices!, j.ins[1]!, d)}, ${updates}, ${dims}, mode='drop')`
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
    {
      in: ['f32[5,4,3,2]', { type: 's32[2,3,2]', range: [0, 2] }, 'f32[2,3,2,2]'],
      params: {
        offsetDims: [0, 3],
        collapsedDims: [1],
        operandBatch: [2],
        indexBatch: [1],
        startIndexMap: [1, 0],
        indexVectorDim: 0,
      },
    },
    {
      in: ['f32[7,6]', { type: 's32[4,2]', range: [0, 3] }, 'f32[4,2,3]'],
      params: {
        offsetDims: [1, 2],
        collapsedDims: [],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0, 1],
        indexVectorDim: 1,
      },
    },
    {
      in: ['f32[6]', { type: 'u32[9]', range: [0, 5] }, 'f32[9]'],
      params: {
        offsetDims: [],
        collapsedDims: [0],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0],
        indexVectorDim: 1,
      },
    },
    ...casesIn(
      ['bf16'],
      ['T[5,3]', { type: 's32[4]', range: [0, 4] }, 'T[4,3]'],
      {
        offsetDims: [1],
        collapsedDims: [0],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0],
        indexVectorDim: 1,
      },
      0.03,
    ),
  ],
})
