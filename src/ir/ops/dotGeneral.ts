import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { elementCount, showType, stridesOf, type TensorType, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { floatLike, operands } from './rules.ts'

export type DotDims = {
  readonly lhsBatch: readonly number[]
  readonly rhsBatch: readonly number[]
  readonly lhsContract: readonly number[]
  readonly rhsContract: readonly number[]
}

const freeAxes = (x: TensorType, taken: readonly number[]): number[] =>
  x.shape.map((_, i) => i).filter(i => !taken.includes(i))

/**
 * Batched contraction: batch axes pair up, contracted axes are multiplied and summed, and the result's
 * axes are the batch axes, then the free axes of the left, then those of the right.
 */
export const dotGeneral = definePrimitive<DotDims>({
  name: 'dot_general',
  type: (ins, d) => {
    const [x, y] = operands(ins, 2)
    if (floatLike(x!).dtype !== floatLike(y!).dtype)
      throw new TypeFault(`dtypes differ: ${showType(x!)} and ${showType(y!)}`)
    const pairs = (xs: readonly number[], ys: readonly number[], what: string) => {
      const match =
        xs.length === ys.length &&
        xs.every((a, i) => x!.shape[a] !== undefined && x!.shape[a] === y!.shape[ys[i]!])
      if (!match)
        throw new TypeFault(
          `${what} axes [${xs}] of ${showType(x!)} and [${ys}] of ${showType(y!)} don't match`,
        )
    }
    pairs(d.lhsBatch, d.rhsBatch, 'batch')
    pairs(d.lhsContract, d.rhsContract, 'contracted')
    for (const taken of [
      [...d.lhsBatch, ...d.lhsContract],
      [...d.rhsBatch, ...d.rhsContract],
    ])
      if (new Set(taken).size !== taken.length) throw new TypeFault(`an axis is used twice in [${taken}]`)
    return [
      tensor(x!.dtype, [
        ...d.lhsBatch.map(a => x!.shape[a]!),
        ...freeAxes(x!, [...d.lhsBatch, ...d.lhsContract]).map(a => x!.shape[a]!),
        ...freeAxes(y!, [...d.rhsBatch, ...d.rhsContract]).map(a => y!.shape[a]!),
      ]),
    ]
  },
  vjp: ({ b, ins: [x, y], params: d, ct, needs }) => {
    const nb = d.lhsBatch.length
    const lhsFree = freeAxes(x!.type, [...d.lhsBatch, ...d.lhsContract])
    const rhsFree = freeAxes(y!.type, [...d.rhsBatch, ...d.rhsContract])
    const batch = d.lhsBatch.map((_, i) => i)
    // dx: contract the cotangent's right axes with y's free axes, then put x's axes back in order.
    const dx = () => {
      const g = b.dotGeneral(ct, y!, {
        lhsBatch: batch,
        rhsBatch: d.rhsBatch,
        lhsContract: rhsFree.map((_, i) => nb + lhsFree.length + i),
        rhsContract: rhsFree,
      })
      const contracted = [...d.rhsContract]
        .sort((p, q) => p - q)
        .map(a => d.lhsContract[d.rhsContract.indexOf(a)]!)
      return b.transpose(g, orderOf([...d.lhsBatch, ...lhsFree, ...contracted]))
    }
    const dy = () => {
      const g = b.dotGeneral(x!, ct, {
        lhsBatch: d.lhsBatch,
        rhsBatch: batch,
        lhsContract: lhsFree,
        rhsContract: lhsFree.map((_, i) => nb + i),
      })
      const contracted = [...d.lhsContract]
        .sort((p, q) => p - q)
        .map(a => d.rhsContract[d.lhsContract.indexOf(a)]!)
      return b.transpose(g, orderOf([...d.rhsBatch, ...contracted, ...rhsFree]))
    }
    return [needs[0] ? dx() : null, needs[1] ? dy() : null]
  },
  reference: ([x, y], d, [out]) => {
    const result = refZeros(out!)
    const [sx, sy] = [stridesOf(x!.type.shape), stridesOf(y!.type.shape)]
    const lhsFree = freeAxes(x!.type, [...d.lhsBatch, ...d.lhsContract])
    const rhsFree = freeAxes(y!.type, [...d.rhsBatch, ...d.rhsContract])
    const summed = d.lhsContract.map(a => x!.type.shape[a]!)
    const nb = d.lhsBatch.length
    // Offsets of the summed elements are the same for every result element.
    const [offX, offY]: [number[], number[]] = [[], []]
    forEachIndex(summed, k => {
      offX.push(k.reduce((p, v, i) => p + v * sx[d.lhsContract[i]!]!, 0))
      offY.push(k.reduce((p, v, i) => p + v * sy[d.rhsContract[i]!]!, 0))
    })
    forEachIndex(out!.shape, (index, p) => {
      let [px, py] = [0, 0]
      for (let i = 0; i < nb; i++) {
        px += index[i]! * sx[d.lhsBatch[i]!]!
        py += index[i]! * sy[d.rhsBatch[i]!]!
      }
      for (let i = 0; i < lhsFree.length; i++) px += index[nb + i]! * sx[lhsFree[i]!]!
      for (let i = 0; i < rhsFree.length; i++) py += index[nb + lhsFree.length + i]! * sy[rhsFree[i]!]!
      let total = 0
      for (let k = 0; k < offX.length; k++) total += x!.data[px + offX[k]!]! * y!.data[py + offY[k]!]!
      result.data[p] = total
    })
    return [result]
  },
  stablehlo: (e, ins, d, [out]) => [
    e.op(
      'stablehlo.dot_general',
      ins,
      out!,
      `dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [${d.lhsBatch}], rhs_batching_dimensions = [${d.rhsBatch}], lhs_contracting_dimensions = [${d.lhsContract}], rhs_contracting_dimensions = [${d.rhsContract}]>`,
    ),
  ],
  tfjs: (tf, [x, y], d, [out]) => {
    const lhsFree = freeAxes(x!.type, [...d.lhsBatch, ...d.lhsContract])
    const rhsFree = freeAxes(y!.type, [...d.rhsBatch, ...d.rhsContract])
    const size = (t: TensorType, axes: readonly number[]) => elementCount(axes.map(a => t.shape[a]!))
    const [batch, inner] = [size(x!.type, d.lhsBatch), size(x!.type, d.lhsContract)]
    const lhs = tf.transpose(x!, [...d.lhsBatch, ...lhsFree, ...d.lhsContract])
    const rhs = tf.transpose(y!, [...d.rhsBatch, ...d.rhsContract, ...rhsFree])
    const product = tf.matmul(
      tf.reshape(lhs, [batch, size(x!.type, lhsFree), inner]),
      tf.reshape(rhs, [batch, inner, size(y!.type, rhsFree)]),
    )
    return [tf.reshape(product, out!.shape)]
  },
  jax: ([x, y], d, j) => {
    const matrices = j.ins.every(t => t.shape.length === 2) && d.lhsBatch.length === 0
    if (matrices && String(d.lhsContract) === '1' && String(d.rhsContract) === '0') return `${x} @ ${y}`
    const contract = `(${pyTuple(d.lhsContract)}, ${pyTuple(d.rhsContract)})`
    return `lax.dot_general(${x}, ${y}, (${contract}, (${pyTuple(d.lhsBatch)}, ${pyTuple(d.rhsBatch)})))`
  },
  cases: [
    {
      in: ['f32[2,3]', 'f32[3,4]'],
      params: { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] },
    },
    {
      in: ['f32[2,3,4]', 'f32[2,5,4]'],
      params: { lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [2] },
    },
    {
      in: ['f32[3,2,4,5]', 'f32[5,3,6,2]'],
      params: { lhsBatch: [1], rhsBatch: [3], lhsContract: [3, 0], rhsContract: [0, 1] },
    },
    { in: ['f32[3]', 'f32[3]'], params: { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] } },
    {
      in: ['f32[3,2,4,5]', 'f32[5,3,6,2]'],
      params: { lhsBatch: [1], rhsBatch: [3], lhsContract: [0, 3], rhsContract: [1, 0] },
    },
    {
      in: ['f32[4,2,3,5]', 'f32[2,6,3,5,4]'],
      params: { lhsBatch: [3, 1], rhsBatch: [3, 0], lhsContract: [2, 0], rhsContract: [2, 4] },
    },
    {
      in: ['f32[2,3,4,5]', 'f32[5,2,4,3]'],
      params: { lhsBatch: [], rhsBatch: [], lhsContract: [3, 0, 2, 1], rhsContract: [0, 1, 2, 3] },
    },
    { in: ['f32[2,3]', 'f32[4]'], params: { lhsBatch: [], rhsBatch: [], lhsContract: [], rhsContract: [] } },
    { in: ['f32[]', 'f32[2]'], params: { lhsBatch: [], rhsBatch: [], lhsContract: [], rhsContract: [] } },
    {
      in: ['f32[3,2]', 'f32[3,2]'],
      params: { lhsBatch: [0, 1], rhsBatch: [0, 1], lhsContract: [], rhsContract: [] },
    },
    {
      in: ['bf16[3,4]', 'bf16[4,2]'],
      params: { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] },
      tol: 0.02,
    },
  ],
})

/** The permutation that puts axes listed as `axes` back in ascending order. */
function orderOf(axes: readonly number[]): number[] {
  return axes.map((_, i) => axes.indexOf(i))
}
