import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { byElement } from './tfjsRules.ts'

/** log(1 + x), accurate near 0; d = 1 / (1 + x). */
export const log1p = definePrimitive({
  name: 'log1p',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, ins: [x], ct }) => [b.div(ct, b.add(x!, 1))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.log1p(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.log_plus_one', ins, out!)],
  // WebAssembly's kernel takes the logarithm of 1 + x, which loses small numbers.
  tfjs: byElement(x => Math.log1p(x!)),
  jax: ([x]) => `jnp.log1p(${x})`,
  cases: [
    { in: [{ type: 'f32[3,5]', range: [-0.9, 8] }] },
    { in: [{ type: 'f32[7]', range: [-1e-4, 1e-4] }] },
    { in: [{ type: 'bf16[2,3]', range: [-0.5, 3] }], tol: 0.02 },
  ],
})
