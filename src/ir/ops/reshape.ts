import { definePrimitive, TypeFault } from '../primitive.ts'
import { elementCount, showType, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { pyTuple } from './python.ts'
import { checkShape, unary } from './rules.ts'

/** The same elements, in row-major order, under another shape. */
export const reshape = definePrimitive<{ readonly shape: readonly number[] }>({
  name: 'reshape',
  type: (ins, { shape }) => {
    const x = unary(ins)
    const [had, asked] = [elementCount(x.shape), elementCount(checkShape(shape))]
    if (had !== asked) throw new TypeFault(`${showType(x)} has ${had} elements, [${shape}] has ${asked}`)
    return [tensor(x.dtype, shape)]
  },
  vjp: ({ b, ins: [x], ct }) => [b.reshape(ct, x!.type.shape)],
  reference: ([x], _, [out]) => [{ type: out!, data: x!.data }],
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.reshape', ins, out!)],
  tfjs: (tf, [x], { shape }) => [tf.reshape(x!, shape)],
  jax: ([x], { shape }) => `jnp.reshape(${x}, ${pyTuple(shape)})`,
  cases: [
    { in: ['f32[2,6]'], params: { shape: [3, 4] }, tol: 0 },
    { in: ['f32[]'], params: { shape: [1, 1] }, tol: 0 },
    { in: [{ type: 'u8[2,3]', range: [0, 255] }], params: { shape: [6] }, tol: 0 },
    { in: ['f32[1,1]'], params: { shape: [] }, tol: 0 },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'bool'], ['T[2,3]'], { shape: [3, 2] }),
  ],
})
