import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { inFloat32 } from './precision.ts'

const last = (x: Var): number => x.type.shape.length - 1

/** A value reduced along `axis`, repeated along it to the shape of `x` again. */
function spread(b: Builder, reduced: Var, x: Var, axis: number): Var {
  const { shape } = x.type
  return b.broadcast(
    reduced,
    shape,
    shape.map((_, i) => i).filter(i => i !== axis),
  )
}

/** The largest element along `axis`. What is shifted by it cancels out, so it has no gradient. */
const peak = (b: Builder, x: Var, axis: number): Var => b.stopGradient(b.reduceMax(x, [axis]))

/** e^x / Σ e^x along one axis, the last by default; the same shape. Finite for all finite x. */
export const softmax = (b: Builder, x: Var, axis = last(x)): Var =>
  inFloat32(b, x, v => {
    const powers = b.exp(b.sub(v, spread(b, peak(b, v, axis), v, axis)))
    // One division a row and a product an element is cheaper than a division an element.
    return b.mul(powers, spread(b, b.div(1, b.sum(powers, [axis])), v, axis))
  })

/** x - ln Σ e^x along one axis, the last by default; the same shape. Finite for all finite x. */
export const logSoftmax = (b: Builder, x: Var, axis = last(x)): Var =>
  inFloat32(b, x, v => {
    const shifted = b.sub(v, spread(b, peak(b, v, axis), v, axis))
    return b.sub(shifted, spread(b, b.log(b.sum(b.exp(shifted), [axis])), v, axis))
  })

/** ln Σ e^x along one axis, the last by default; that axis is gone. Finite for all finite x. */
export const logSumExp = (b: Builder, x: Var, axis = last(x)): Var =>
  inFloat32(b, x, v => {
    const top = peak(b, v, axis)
    return b.add(b.log(b.sum(b.exp(b.sub(v, spread(b, top, v, axis))), [axis])), top)
  })
