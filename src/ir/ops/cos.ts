import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Cosine, of radians; d cos = -sin. */
export const cos = definePrimitive({
  name: 'cos',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, ins: [x], ct }) => [b.neg(b.mul(ct, b.sin(x!)))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.cos(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.cosine', ins, out!)],
  tfjs: floatKernel('Cos'),
  jax: ([x]) => `jnp.cos(${x})`,
  cases: [
    { in: ['f32[2,3]'] },
    { in: [{ type: 'f32[8]', range: [-60, 60] }] },
    ...casesIn(['bf16'], ['T[4,5]'], {}, 0.02),
  ],
})
