import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Terms of the power series of erf; enough for full double precision up to |x| = 3. */
const SERIES_TERMS = 80
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI)

/** erf in float64: the Maclaurin series near 0, the continued fraction of erfc farther out. */
export function erf64(x: number): number {
  const a = Math.abs(x)
  if (a > 6) return Math.sign(x)
  if (a < 3) {
    let term = x
    let sum = x
    for (let n = 1; n < SERIES_TERMS; n++) {
      term *= (-x * x) / n
      sum += term / (2 * n + 1)
    }
    return TWO_OVER_SQRT_PI * sum
  }
  let tail = a
  for (let k = 60; k > 0; k--) tail = a + k / 2 / tail
  return Math.sign(x) * (1 - Math.exp(-a * a) / (tail * Math.sqrt(Math.PI)))
}

/** Error function; d erf = 2/√π · e^(-x²). */
export const erf = definePrimitive({
  name: 'erf',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, ins: [x], ct }) => [b.mul(ct, b.mul(b.exp(b.neg(b.mul(x!, x!))), TWO_OVER_SQRT_PI))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => erf64(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('chlo.erf', ins, out!)],
  tfjs: floatKernel('Erf'),
  jax: ([x]) => `lax.erf(${x})`,
  cases: [
    { in: [{ type: 'f32[4,8]', range: [-4, 4] }] },
    { in: [{ type: 'f32[5]', range: [-0.1, 0.1] }] },
    ...casesIn(['bf16'], ['T[4,5]'], {}, 0.02),
  ],
})
