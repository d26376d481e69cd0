import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** 1 / √x; d x^(-1/2) = -½ x^(-3/2). */
export const rsqrt = definePrimitive({
  name: 'rsqrt',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, ins: [x], outs: [y], ct }) => [b.mul(ct, b.div(b.mul(y!, -0.5), x!))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => 1 / Math.sqrt(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.rsqrt', ins, out!)],
  tfjs: floatKernel('Rsqrt'),
  jax: ([x]) => `lax.rsqrt(${x})`,
  cases: [
    { in: [{ type: 'f32[2,3]', range: [0.1, 4] }] },
    { in: [{ type: 'bf16[4,5]', range: [0.1, 4] }], tol: 0.02 },
  ],
})
