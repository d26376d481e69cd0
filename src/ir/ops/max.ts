import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { binary, notBool } from './rules.ts'
import { byKernel } from './tfjsRules.ts'

/**
 * The larger of x and y; where they are equal the gradient goes to x. Where one is NaN the result is NaN
 * or the other one: XLA on a CPU does not order them.
 */
export const max = definePrimitive({
  name: 'max',
  type: ins => [notBool(binary(ins))],
  vjp: ({ b, ins: [x, y], ct }) => {
    const first = b.compare('GE', x!, y!)
    return [b.select(first, ct, 0), b.select(first, 0, ct)]
  },
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => wrap(out!.dtype, Math.max(x!, y!))),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.maximum', ins, out!)],
  tfjs: byKernel('Maximum', (x, y) => Math.max(x!, y!)),
  jax: ([x, y]) => `jnp.maximum(${x}, ${y})`,
  cases: [
    { in: ['f32[2,3]', 'f32[2,3]'], tol: 0 },
    {
      in: [
        { type: 's32[4]', range: [-9, 9] },
        { type: 's32[4]', range: [-9, 9] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u8[6]', range: [0, 255] },
        { type: 'u8[6]', range: [0, 255] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u32[6]', range: [0, 4294967295] },
        { type: 'u32[6]', range: [0, 4294967295] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 's64[4]', range: [-1000000.0, 1000000.0] },
        { type: 's64[4]', range: [-1000000.0, 1000000.0] },
      ],
      tol: 0,
    },
    { in: ['bf16[2,3]', 'bf16[2,3]'], tol: 0 },
  ],
})
