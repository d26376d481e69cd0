import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** σ(x) = 1 / (1 + e⁻ˣ); dσ = y (1 - y). */
export const logistic = definePrimitive({
  name: 'logistic',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, outs: [y], ct }) => [b.mul(ct, b.mul(y!, b.sub(1, y!)))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => 1 / (1 + Math.exp(-x!))),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.logistic', ins, out!)],
  tfjs: floatKernel('Sigmoid'),
  jax: ([x]) => `lax.logistic(${x})`,
  cases: [
    { in: ['f32[2,3]'] },
    { in: [{ type: 'f32[8]', range: [-30, 30] }] },
    ...casesIn(['bf16'], ['T[4,5]'], {}, 0.02),
  ],
})
