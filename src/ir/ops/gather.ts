import { definePrimitive, type JaxEmitter, TypeFault } from '../primitive.ts'
import { refZeros } from '../reference.ts'
import { elementCount, tensor } from '../types.ts'
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
import { i64s, operands } from './rules.ts'

/** `#stablehlo.gather<…>` of the dimensions; scatter writes the same facts under other names. */
const attribute = (d: GatherDims): string =>
  `#stablehlo.gather<offset_dims = [${d.offsetDims}], collapsed_slice_dims = [${d.collapsedDims}], operand_batching_dims = [${d.operandBatch}], start_indices_batching_dims = [${d.indexBatch}], start_index_map = [${d.startIndexMap}], index_vector_dim = ${d.indexVectorDim}>`

/**
 * Windows of an operand at index vectors: embedding look-up, take along an axis, crops. A window that
 * would reach outside is moved inside.
 */
export const gather = definePrimitive<GatherDims>({
  name: 'gather',
  type: (ins, d) => {
    const [x, indices] = operands(ins, 2)
    checkIndexing(x!, indices!, d)
    const window = d.sliceSizes.filter((_, i) => !d.collapsedDims.includes(i) && !d.operandBatch.includes(i))
    const outer = indices!.shape.filter((_, i) => i !== d.indexVectorDim)
    if (!ascending(d.offsetDims, window.length + outer.length) || d.offsetDims.length !== window.length)
      throw new TypeFault(
        `${window.length} window axes and ${outer.length} index axes don't make a result with offsets [${d.offsetDims}]`,
      )
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
    forEachIndexed(x!.type, indices!, d, out!, 'clamp', (from, to) => {
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
  tfjs: (tf, ins, d, outs) =>
    tf.host(ins, outs, ([from, at], [to]) => {
      const [x, indices] = ins.map(r => r.type)
      if (!wholeRows(x!, indices!, d, outs[0]!)) {
        forEachIndexed(x!, { type: indices!, data: at! }, d, outs[0]!, 'clamp', (p, q) => {
          to![q] = from![p]!
        })
        return
      }
      const size = elementCount(x!.shape.slice(1))
      for (const [i, row] of at!.entries()) {
        const start = Math.max(0, Math.min(row, x!.shape[0]! - 1)) * size
        to!.set(from!.subarray(start, start + size), i * size)
      }
    }),
  jax: ([x, indices], d, j) => {
    const [axis] = d.collapsedDims
    if (takesWhole(d, j)) return `jnp.take(${x}, ${indices}, axis=${axis}, mode='clip')`
    const numbers = [
      `offset_dims=${pyTuple(d.offsetDims)}`,
      `collapsed_slice_dims=${pyTuple(d.collapsedDims)}`,
      `start_index_map=${pyTuple(d.startIndexMap)}`,
      `operand_batching_dims=${pyTuple(d.operandBatch)}`,
      `start_indices_batching_dims=${pyTuple(batchesInJax(d))}`,
    ]
    const dims = `lax.GatherDimensionNumbers(${numbers.join(', ')})`
    return `lax.gather(${x}, ${vectorsInJax(indices!, j.ins[1]!, d)}, ${dims}, ${pyTuple(d.sliceSizes)}, mode='clip')`
  },
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
    {
      in: ['f32[5,4,3,2]', { type: 's32[2,3,2]', range: [0, 2] }],
      params: {
        offsetDims: [0, 3],
        collapsedDims: [1],
        operandBatch: [2],
        indexBatch: [1],
        startIndexMap: [1, 0],
        indexVectorDim: 0,
        sliceSizes: [2, 1, 1, 2],
      },
      tol: 0,
    },
    {
      in: ['f32[6]', { type: 'u32[4]', range: [0, 5] }],
      params: {
        offsetDims: [],
        collapsedDims: [0],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0],
        indexVectorDim: 1,
        sliceSizes: [1],
      },
      tol: 0,
    },
    {
      in: [
        { type: 'u8[4,3]', range: [0, 255] },
        { type: 's32[2]', range: [0, 2] },
      ],
      params: {
        offsetDims: [0],
        collapsedDims: [1],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [1],
        indexVectorDim: 1,
        sliceSizes: [4, 1],
      },
      tol: 0,
    },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'bool'], ['T[5,3]', { type: 's32[4]', range: [0, 4] }], {
      offsetDims: [1],
      collapsedDims: [0],
      operandBatch: [],
      indexBatch: [],
      startIndexMap: [0],
      indexVectorDim: 1,
      sliceSizes: [1, 3],
    }),
  ],
})

/** Whether each index is one number that picks a whole slice along one axis, in the place of that axis. */
function takesWhole(d: GatherDims, { ins: [x, indices] }: JaxEmitter): boolean {
  const [axis] = d.collapsedDims
  const rank = indices!.shape.length
  return (
    d.collapsedDims.length === 1 &&
    d.operandBatch.length === 0 &&
    d.indexVectorDim === rank &&
    d.startIndexMap[0] === axis &&
    d.sliceSizes.every((n, i) => i === axis || n === x!.shape[i]) &&
    d.offsetDims.every((o, i) => o === (i < axis! ? i : i + rank))
  )
}
