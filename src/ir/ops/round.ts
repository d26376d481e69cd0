import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Nearest whole number, halves to the even one; the sign of x stays, also on a zero. */
function roundEven(x: number): number {
  const low = Math.floor(x)
  const over = x - low
  if (!(over > 0)) return x
  const up = over > 0.5 || (over === 0.5 && low % 2 !== 0)
  const whole = up ? low + 1 : low
  return whole === 0 && x < 0 ? -0 : whole
}

/** Nearest whole number; halves go to the even one. */
export const round = definePrimitive({
  name: 'round',
  type: ins => [floatLike(unary(ins))],
  vjp: { notDifferentiable: 'round is piecewise constant: its derivative is 0 or undefined' },
  reference: (ins, _, [out]) => refMap(out!, ins, x => roundEven(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.round_nearest_even', ins, out!)],
  tfjs: floatKernel('Round'),
  jax: ([x]) => `jnp.round(${x})`,
  cases: [
    { in: [{ type: 'f32[4,5]', range: [-4, 4] }], tol: 0 },
    { in: [{ type: 'bf16[5]', range: [-4, 4] }], tol: 0 },
  ],
})
