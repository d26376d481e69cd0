import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, refZeros, wrap } from '../reference.ts'
import { type DType, tensor } from '../types.ts'
import { pyTuple } from './python.ts'
import { checkShape, operands } from './rules.ts'

/** 0, 1, 2 … along one axis, repeated along the others. */
export const iota = definePrimitive<{
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly axis: number
}>({
  name: 'iota',
  type: (ins, { dtype, shape, axis }) => {
    operands(ins, 0)
    if (checkShape(shape)[axis] === undefined || dtype === 'bool')
      throw new TypeFault(`no counting along axis ${axis} of ${dtype}[${shape}]`)
    return [tensor(dtype, shape)]
  },
  vjp: () => [],
  reference: (_, { axis }, [out]) => {
    const result = refZeros(out!)
    forEachIndex(out!.shape, (index, p) => {
      result.data[p] = wrap(out!.dtype, index[axis]!)
    })
    return [result]
  },
  stablehlo: (e, _, { axis }, [out]) => [e.op('stablehlo.iota', [], out!, `iota_dimension = ${axis} : i64`)],
  tfjs: (tf, _, { dtype, shape, axis }) => {
    const line = tensor(dtype, [shape[axis]!])
    return [tf.broadcast(tf.constant(line, [...Array(shape[axis]!).keys()]), shape, [axis])]
  },
  jax: (_, { dtype, shape, axis }, j) =>
    `lax.broadcasted_iota(${j.dtype(dtype)}, ${pyTuple(shape)}, ${axis})`,
  cases: [
    { in: [], params: { dtype: 's32', shape: [2, 3], axis: 1 }, tol: 0 },
    { in: [], params: { dtype: 'f32', shape: [4], axis: 0 }, tol: 0 },
    { in: [], params: { dtype: 'u8', shape: [300], axis: 0 }, tol: 0 },
    { in: [], params: { dtype: 'bf16', shape: [5, 2], axis: 0 }, tol: 0 },
    { in: [], params: { dtype: 'u32', shape: [2, 3, 2], axis: 1 }, tol: 0 },
    { in: [], params: { dtype: 's64', shape: [3], axis: 0 }, tol: 0 },
  ],
})
