import { definePrimitive } from '../primitive.ts'
import { refGatherBy } from '../reference.ts'
import { casesIn } from './cases.ts'
import { pyTuple } from './python.ts'
import { checkAxes, i64s, unary } from './rules.ts'

/** The elements along the given axes in opposite order. */
export const reverse = definePrimitive<{ readonly axes: readonly number[] }>({
  name: 'reverse',
  type: (ins, { axes }) => {
    const x = unary(ins)
    checkAxes(x, axes)
    return [x]
  },
  vjp: ({ b, params: { axes }, ct }) => [b.reverse(ct, axes)],
  reference: ([x], { axes }, [out]) =>
    refGatherBy(out!, x!, (index, strides) =>
      index.reduce((p, k, i) => p + (axes.includes(i) ? out!.shape[i]! - 1 - k : k) * strides[i]!, 0),
    ),
  stablehlo: (e, ins, { axes }, [out]) => [
    e.op('stablehlo.reverse', ins, out!, `dimensions = ${i64s(axes)}`),
  ],
  tfjs: (tf, [x], { axes }) => [tf.reverse(x!, axes)],
  jax: ([x], { axes }) => `jnp.flip(${x}, axis=${pyTuple(axes)})`,
  cases: [
    { in: ['f32[2,3]'], params: { axes: [1] }, tol: 0 },
    { in: ['f32[2,3,2]'], params: { axes: [0, 2] }, tol: 0 },
    { in: [{ type: 's32[5]', range: [-9, 9] }], params: { axes: [0] }, tol: 0 },
    ...casesIn(['bf16', 'u32', 's64', 'u8', 'bool'], ['T[2,3]'], { axes: [0, 1] }),
  ],
})
