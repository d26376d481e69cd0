import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/** x minus its largest element along `axis`: e^x then never overflows. The shift cancels, so it has no gradient. */
function shift(b: Builder, x: Var, axis: number): { shifted: Var; top: Var } {
  const top = keepAxis(b, b.stopGradient(b.reduceMax(x, [axis])), x, axis)
  return { shifted: b.sub(x, top), top }
}

/** A reduced value with the reduced axis back, of size 1, so that it broadcasts against `x`. */
const keepAxis = (b: Builder, reduced: Var, x: Var, axis: number): Var =>
  b.reshape(
    reduced,
    x.type.shape.map((d, i) => (i === axis ? 1 : d)),
  )

const last = (x: Var): number => x.type.shape.length - 1

/** e^x / Σ e^x along one axis, the last by default; the same shape. */
export function softmax(b: Builder, x: Var, axis = last(x)): Var {
  const powers = b.exp(shift(b, x, axis).shifted)
  // One division a row and a product an element is cheaper than a division an element.
  return b.mul(powers, b.div(1, keepAxis(b, b.sum(powers, [axis]), x, axis)))
}

/** x - ln Σ e^x along one axis, the last by default; the same shape. */
export function logSoftmax(b: Builder, x: Var, axis = last(x)): Var {
  const { shifted } = shift(b, x, axis)
  return b.sub(shifted, keepAxis(b, b.log(b.sum(b.exp(shifted), [axis])), x, axis))
}

/** ln Σ e^x along one axis, the last by default; that axis is gone. */
export function logSumExp(b: Builder, x: Var, axis = last(x)): Var {
  const { shifted, top } = shift(b, x, axis)
  const total = b.log(b.sum(b.exp(shifted), [axis]))
  return b.add(total, b.reshape(top, total.type.shape))
}
