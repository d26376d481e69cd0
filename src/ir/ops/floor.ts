import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Largest whole number not above x. */
export const floor = definePrimitive({
  name: 'floor',
  type: ins => [floatLike(unary(ins))],
  vjp: { notDifferentiable: 'floor is piecewise constant: its derivative is 0 or undefined' },
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.floor(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.floor', ins, out!)],
  tfjs: floatKernel('Floor'),
  jax: ([x]) => `jnp.floor(${x})`,
  cases: [{ in: [{ type: 'f32[2,3]', range: [-3, 3] }], tol: 0 }, ...casesIn(['bf16'], ['T[4,5]'])],
})
