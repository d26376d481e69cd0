import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Hyperbolic tangent; d tanh = 1 - y². */
export const tanh = definePrimitive({
  name: 'tanh',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, outs: [y], ct }) => [b.mul(ct, b.sub(1, b.mul(y!, y!)))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.tanh(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.tanh', ins, out!)],
  tfjs: floatKernel('Tanh'),
  jax: ([x]) => `jnp.tanh(${x})`,
  cases: [
    { in: ['f32[2,3]'] },
    { in: [{ type: 'f32[4,5]', range: [-9, 9] }] },
    { in: ['bf16[2,3]'], tol: 0.02 },
  ],
})
