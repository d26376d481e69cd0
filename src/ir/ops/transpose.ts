import { definePrimitive, TypeFault } from '../primitive.ts'
import { refGatherBy } from '../reference.ts'
import { showType, tensor } from '../types.ts'
import { casesIn } from './cases.ts'
import { pyTuple } from './python.ts'
import { i64s, unary } from './rules.ts'

/** Axis i of the result is axis `permutation[i]` of x. */
export const transpose = definePrimitive<{ readonly permutation: readonly number[] }>({
  name: 'transpose',
  type: (ins, { permutation }) => {
    const x = unary(ins)
    const sorted = [...permutation].sort((a, b) => a - b)
    if (permutation.length !== x.shape.length || sorted.some((p, i) => p !== i))
      throw new TypeFault(`[${permutation}] is not a permutation of the axes of ${showType(x)}`)
    return [
      tensor(
        x.dtype,
        permutation.map(p => x.shape[p]!),
      ),
    ]
  },
  vjp: ({ b, params: { permutation }, ct }) => [
    b.transpose(
      ct,
      permutation.map((_, i) => permutation.indexOf(i)),
    ),
  ],
  reference: ([x], { permutation }, [out]) =>
    refGatherBy(out!, x!, (index, strides) =>
      permutation.reduce((p, axis, i) => p + index[i]! * strides[axis]!, 0),
    ),
  stablehlo: (e, ins, { permutation }, [out]) => [
    e.op('stablehlo.transpose', ins, out!, `permutation = ${i64s(permutation)}`),
  ],
  tfjs: (tf, [x], { permutation }) => [tf.transpose(x!, permutation)],
  jax: ([x], { permutation }) => `jnp.transpose(${x}, ${pyTuple(permutation)})`,
  cases: [
    { in: ['f32[2,3]'], params: { permutation: [1, 0] }, tol: 0 },
    { in: ['f32[2,3,4,5]'], params: { permutation: [0, 2, 3, 1] }, tol: 0 },
    { in: [{ type: 'u8[2,3,4]', range: [0, 255] }], params: { permutation: [2, 0, 1] }, tol: 0 },
    { in: ['f32[]'], params: { permutation: [] }, tol: 0 },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'bool'], ['T[2,3]'], { permutation: [1, 0] }),
  ],
})
