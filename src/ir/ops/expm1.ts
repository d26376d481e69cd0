import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** exp(x) − 1, accurate near 0; d = y + 1. */
export const expm1 = definePrimitive({
  name: 'expm1',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, outs: [y], ct }) => [b.mul(ct, b.add(y!, 1))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.expm1(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.exponential_minus_one', ins, out!)],
  tfjs: floatKernel('Expm1'),
  jax: ([x]) => `jnp.expm1(${x})`,
  cases: [
    { in: [{ type: 'f32[3,5]', range: [-6, 4] }] },
    { in: [{ type: 'f32[7]', range: [-1e-4, 1e-4] }] },
    { in: ['bf16[2,3]'], tol: 0.02 },
  ],
})
