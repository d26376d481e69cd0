import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/**
 * Giles's polynomials in w - 2.5 (below w = 5) and √w - 3 (above), w = -ln(1 - x²), highest power first; the
 * error is a few units in float32's last place. Source: M. Giles 2010, "Approximating the erfinv function".
 */
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
]
const TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
]
const BORDER = 5

/** Inverse of the error function in the compiled step, for x float [...] in (-1, 1). */
export function erfInv(b: Builder, x: Var): Var {
  const w = b.neg(b.log(b.mul(b.sub(1, x), b.add(x, 1))))
  const central = b.compare('LT', w, BORDER)
  const u = b.select(central, b.sub(w, 2.5), b.sub(b.sqrt(b.max(w, BORDER)), 3))
  const coefficient = (i: number): Var =>
    b.select(central, b.scalar(x.type.dtype, CENTRE[i]!), b.scalar(x.type.dtype, TAIL[i]!))
  let p = coefficient(0)
  for (let i = 1; i < CENTRE.length; i++) p = b.add(b.mul(p, u), coefficient(i))
  return b.mul(p, x)
}

/** The same on the host. */
export function erfInvNumber(x: number): number {
  const w = -Math.log((1 - x) * (1 + x))
  const central = w < BORDER
  const u = central ? w - 2.5 : Math.sqrt(w) - 3
  const coefficients = central ? CENTRE : TAIL
  let p = coefficients[0]!
  for (let i = 1; i < coefficients.length; i++) p = p * u + coefficients[i]!
  return p * x
}
