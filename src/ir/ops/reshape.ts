import { definePrimitive, TypeFault } from '../primitive.ts'
import { elementCount, showType, tensor } from '../types.ts'

/** The same elements, in row-major order, under another shape. */
export const reshape = definePrimitive<{ readonly shape: readonly number[] }>({
  name: 'reshape',
  type: ([x], { shape }) => {
    if (elementCount(x!.shape) !== elementCount(shape))
      throw new TypeFault(
        `${showType(x!)} has ${elementCount(x!.shape)} elements, [${shape}] has ${elementCount(shape)}`,
      )
    return [tensor(x!.dtype, shape)]
  },
  vjp: ({ b, ins: [x], ct }) => [b.reshape(ct, x!.type.shape)],
  reference: ([x], _, [out]) => [{ type: out!, data: x!.data }],
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.reshape', ins, out!)],
  cases: [
    { in: ['f32[2,6]'], params: { shape: [3, 4] }, tol: 0 },
    { in: ['f32[]'], params: { shape: [1, 1] }, tol: 0 },
  ],
})
