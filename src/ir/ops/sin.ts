import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Sine, of radians; d sin = cos. */
export const sin = definePrimitive({
  name: 'sin',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, ins: [x], ct }) => [b.mul(ct, b.cos(x!))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.sin(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.sine', ins, out!)],
  tfjs: floatKernel('Sin'),
  jax: ([x]) => `jnp.sin(${x})`,
  cases: [
    { in: ['f32[2,3]'] },
    { in: [{ type: 'f32[8]', range: [-60, 60] }] },
    ...casesIn(['bf16'], ['T[4,5]'], {}, 0.02),
  ],
})
