import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** √x; d √x = 1 / (2 √x). */
export const sqrt = definePrimitive({
  name: 'sqrt',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, outs: [y], ct }) => [b.div(b.mul(ct, 0.5), y!)],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.sqrt(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.sqrt', ins, out!)],
  tfjs: floatKernel('Sqrt'),
  jax: ([x]) => `jnp.sqrt(${x})`,
  cases: [
    { in: [{ type: 'f32[2,3]', range: [0.1, 4] }] },
    { in: [{ type: 'bf16[4,5]', range: [0.1, 4] }], tol: 0.02 },
  ],
})
