import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** eˣ; d exp = exp. */
export const exp = definePrimitive({
  name: 'exp',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, outs: [y], ct }) => [b.mul(ct, y!)],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.exp(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.exponential', ins, out!)],
  tfjs: floatKernel('Exp'),
  jax: ([x]) => `jnp.exp(${x})`,
  cases: [{ in: ['f32[2,3]'] }, { in: ['f32[]'] }, { in: ['bf16[2,3]'], tol: 0.02 }],
})
