import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Natural logarithm; d log x = 1 / x. */
export const log = definePrimitive({
  name: 'log',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, ins: [x], ct }) => [b.div(ct, x!)],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.log(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.log', ins, out!)],
  tfjs: floatKernel('Log'),
  jax: ([x]) => `jnp.log(${x})`,
  cases: [
    { in: [{ type: 'f32[2,3]', range: [0.1, 4] }] },
    { in: [{ type: 'f32[6]', range: [1e-6, 1e6] }] },
    { in: [{ type: 'bf16[4,5]', range: [0.1, 4] }], tol: 0.02 },
  ],
})
