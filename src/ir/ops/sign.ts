import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { signed, unary } from './rules.ts'
import { byElement } from './tfjsRules.ts'

/** −1, 0 or 1 by the sign of x; a zero keeps its own, a NaN stays one. */
export const sign = definePrimitive({
  name: 'sign',
  type: ins => [signed(unary(ins))],
  vjp: { notDifferentiable: 'sign is piecewise constant: its derivative is 0 or undefined' },
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.sign(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.sign', ins, out!)],
  tfjs: byElement(x => Math.sign(x!)),
  jax: ([x]) => `jnp.sign(${x})`,
  cases: [
    { in: ['f32[2,3]'], tol: 0 },
    { in: ['bf16[4]'], tol: 0 },
    { in: [{ type: 's32[8]', range: [-2, 2] }], tol: 0 },
    { in: [{ type: 's64[8]', range: [-2, 2] }], tol: 0 },
  ],
})
