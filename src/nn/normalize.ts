import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { inFloat32 } from './precision.ts'

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
 * before the root, so that the gradient at x = 0 is finite. In float32.
 */
export function l2Normalize(b: Builder, x: Var, options: NormalizeOptions = {}): Var {
  const axis = options.axis ?? x.type.shape.length - 1
  const eps = options.eps ?? 1e-12
  const { shape } = x.type
  const kept = shape.map((_, i) => i).filter(i => i !== axis)
  return inFloat32(b, x, v => {
    const squared = b.sum(b.mul(v, v), [axis]) // the axis is gone
    const inverse = b.rsqrt(b.max(squared, Math.max(eps * eps, TINY)))
    return b.mul(v, b.broadcast(inverse, shape, kept))
  })
}
