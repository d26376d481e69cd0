import { definePrimitive, TypeFault } from '../primitive.ts'
import { refTensor } from '../reference.ts'
import { type DType, elementCount, tensor } from '../types.ts'

/** A constant: every element in row-major order, or one value that fills the shape. */
export const constant = definePrimitive<{
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly values: readonly number[]
}>({
  name: 'constant',
  type: (_, { dtype, shape, values }) => {
    const n = elementCount(shape)
    if (values.length !== n && values.length !== 1)
      throw new TypeFault(`${values.length} values for ${n} elements of ${dtype}[${shape}]`)
    return [tensor(dtype, shape)]
  },
  vjp: () => [],
  reference: (_, { values }, [out]) => {
    const n = elementCount(out!.shape)
    return [refTensor(out!, values.length === n ? values : new Array<number>(n).fill(values[0]!))]
  },
  stablehlo: (e, _, { values }, [out]) => [
    values.length === 1 ? e.splat(out!, values[0]!) : e.dense(out!, values),
  ],
  cases: [
    { in: [], params: { dtype: 'f32', shape: [2, 2], values: [1, -0.1, 3e-8, 4] }, tol: 1e-7 },
    { in: [], params: { dtype: 'f32', shape: [], values: [0.1] }, tol: 1e-7 },
    { in: [], params: { dtype: 'u32', shape: [3], values: [0, 1, 4294967295] }, tol: 0 },
    { in: [], params: { dtype: 'bool', shape: [3], values: [0, 1, 1] }, tol: 0 },
  ],
})
