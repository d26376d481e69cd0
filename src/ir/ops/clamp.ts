import { definePrimitive, TypeFault } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { isFloat, sameType, showType } from '../types.ts'
import { casesIn } from './cases.ts'
import { notBool, operands } from './rules.ts'

/**
 * x kept between a low and a high bound: min(max(x, low), high). The gradient goes to x where it lies inside
 * or on a bound, else to the bound that took its place. A NaN is passed on or passed over, as in `max`.
 */
export const clamp = definePrimitive({
  name: 'clamp',
  type: ins => {
    const [x, low, high] = operands(ins, 3)
    if (!sameType(x!, low!) || !sameType(x!, high!))
      throw new TypeFault(`bounds ${showType(low!)} and ${showType(high!)} of ${showType(x!)} differ from it`)
    return [notBool(x!)]
  },
  vjp: ({ b, ins: [x, low, high], ct, needs }) => {
    const where = (condition: typeof ct) => b.select(condition, ct, 0)
    return [
      needs[0] ? where(b.and(b.compare('GE', x!, low!), b.compare('LE', x!, high!))) : null,
      needs[1] ? where(b.and(b.compare('LT', x!, low!), b.compare('LE', low!, high!))) : null,
      needs[2] ? where(b.compare('GT', b.max(x!, low!), high!)) : null,
    ]
  },
  reference: (ins, _, [out]) =>
    refMap(out!, ins, (x, low, high) => wrap(out!.dtype, Math.min(Math.max(x!, low!), high!))),
  stablehlo: (e, [x, low, high], _, [out]) => [e.op('stablehlo.clamp', [low!, x!, high!], out!)],
  tfjs: (tf, [x, low, high], _, [out]) => {
    if (!isFloat(out!.dtype))
      return [tf.map([x!, low!, high!], out!, (v, from, to) => Math.min(Math.max(v!, from!), to!))]
    return [tf.elementwise('Minimum', [tf.elementwise('Maximum', [x!, low!], out!), high!], out!)]
  },
  jax: ([x, low, high]) => `jnp.clip(${x}, ${low}, ${high})`,
  cases: [
    {
      in: [
        { type: 'f32[4,5]', range: [-3, 3] },
        { type: 'f32[4,5]', range: [-2, -0.5] },
        { type: 'f32[4,5]', range: [0.2, 2] },
      ],
      tol: 0,
    },
    // Bounds that cross: the high one wins.
    { in: ['f32[4,5]', 'f32[4,5]', 'f32[4,5]'], tol: 0 },
    {
      in: [
        { type: 's32[8]', range: [-9, 9] },
        { type: 's32[8]', range: [-5, 0] },
        { type: 's32[8]', range: [0, 5] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u8[8]', range: [0, 255] },
        { type: 'u8[8]', range: [0, 90] },
        { type: 'u8[8]', range: [160, 255] },
      ],
      tol: 0,
    },
    { in: ['bf16[6]', 'bf16[6]', 'bf16[6]'], tol: 0 },
    ...casesIn(['u32', 's64'], ['T[8]', 'T[8]', 'T[8]']),
  ],
})
