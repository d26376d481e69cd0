import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'

/** The smallest normal float32: below it a squared `eps` would vanish. */
const TINY = 2 ** -126

export interface NormalizeOptions {
  /** The axis that becomes unit length; the last by default. */
  readonly axis?: number
  /** Lower bound of the length; 1e-12 by default. */
  readonly eps?: number
}

/**
 * x / max(‖x‖₂, eps) along one axis, torch.nn.functional.normalize. The bound is put on the squared length,
 * before the root, so that the gradient at x = 0 is finite.
 */
export function l2Normalize(b: Builder, x: Var, options: NormalizeOptions = {}): Var {
  const axis = options.axis ?? x.type.shape.length - 1
  const eps = options.eps ?? 1e-12
  const squared = b.sum(b.mul(x, x), [axis]) // the axis is gone
  const inverse = b.rsqrt(b.max(squared, Math.max(eps * eps, TINY)))
  const { shape } = x.type
  return b.mul(
    x,
    b.broadcast(
      inverse,
      shape,
      shape.map((_, i) => i).filter(i => i !== axis),
    ),
  )
}
