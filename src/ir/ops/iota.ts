import { definePrimitive, TypeFault } from '../primitive.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { type DType, tensor } from '../types.ts'

/** 0, 1, 2 … along one axis, repeated along the others. */
export const iota = definePrimitive<{
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly axis: number
}>({
  name: 'iota',
  type: (_, { dtype, shape, axis }) => {
    if (axis < 0 || axis >= shape.length || dtype === 'bool')
      throw new TypeFault(`no counting along axis ${axis} of ${dtype}[${shape}]`)
    return [tensor(dtype, shape)]
  },
  vjp: () => [],
  reference: (_, { axis }, [out]) => {
    const result = refZeros(out!)
    forEachIndex(out!.shape, (index, p) => {
      result.data[p] = index[axis]!
    })
    return [result]
  },
  stablehlo: (e, _, { axis }, [out]) => [e.op('stablehlo.iota', [], out!, `iota_dimension = ${axis} : i64`)],
  cases: [
    { in: [], params: { dtype: 's32', shape: [2, 3], axis: 1 }, tol: 0 },
    { in: [], params: { dtype: 'f32', shape: [4], axis: 0 }, tol: 0 },
  ],
})
