import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { isFloat } from '../types.ts'
import { binary, notBool } from './rules.ts'

/**
 * Remainder of x / y cut towards zero: the sign is that of x (C's `%`, NumPy's `fmod`). A whole x has itself
 * left of a division by 0. d = ct and -ct · trunc(x / y).
 */
export const rem = definePrimitive({
  name: 'rem',
  type: ins => [notBool(binary(ins))],
  vjp: ({ b, ins: [x, y], outs: [r], ct, needs }) => {
    // The quotient from what is left, since x / y itself may round across a whole number.
    const times = () => b.stopGradient(b.round(b.div(b.sub(x!, r!), y!)))
    return [ct, needs[1] ? b.neg(b.mul(ct, times())) : null]
  },
  reference: (ins, _, [out]) =>
    refMap(out!, ins, (x, y) =>
      isFloat(out!.dtype) ? x! % y! : wrap(out!.dtype, y === 0 ? x! : (x! % y!) + 0),
    ),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.remainder', ins, out!)],
  tfjs: (tf, ins, _, [out]) => [
    tf.map(ins, out!, isFloat(out!.dtype) ? (x, y) => x! % y! : (x, y) => (y === 0 ? x! : x! % y!)),
  ],
  jax: ([x, y]) => `lax.rem(${x}, ${y})`,
  cases: [
    {
      in: [
        { type: 'f32[3,5]', range: [-9, 9] },
        { type: 'f32[3,5]', range: [0.6, 3.1] },
      ],
    },
    {
      in: [
        { type: 'f32[8]', range: [-9, 9] },
        { type: 'f32[8]', range: [-3.1, -0.6] },
      ],
    },
    {
      in: [
        { type: 's32[8]', range: [-99, 99] },
        { type: 's32[8]', range: [-7, 7] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u32[8]', range: [0, 4294967295] },
        { type: 'u32[8]', range: [1, 1000] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u8[8]', range: [0, 255] },
        { type: 'u8[8]', range: [0, 9] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 's64[8]', range: [-9e12, 9e12] },
        { type: 's64[8]', range: [1, 1000] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'bf16[4]', range: [-9, 9] },
        { type: 'bf16[4]', range: [9.5, 12] },
      ],
      tol: 0.02,
    },
  ],
})
