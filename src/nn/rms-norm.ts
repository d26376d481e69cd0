import type { Var } from '../ir/program.ts'
import { elementCount } from '../ir/types.ts'
import { meanOfRows } from './layer-norm.ts'
import { inFloat32 } from './precision.ts'
import type { Scope } from './scope.ts'

/**
 * y = x / √(mean(x²) + eps) · weight over the last axis of `x` [..., D], in float32; eps is 1e-6 by default. Weight
 * `weight` [D].
 * Source: Zhang & Sennrich 2019 (arXiv 1910.07467), Eq. 4; torch.nn.RMSNorm.
 */
export function rmsNorm(s: Scope, x: Var, options: { readonly eps?: number } = {}): Var {
  const { b } = s
  const width = x.type.shape.at(-1)!
  const gain = s.weight('weight', [width], { kind: 'ones' }, { precise: true })
  return inFloat32(b, x, v => {
    const rows = b.reshape(v, [elementCount(x.type.shape.slice(0, -1)), width]) // [N, D]
    const inverse = b.rsqrt(b.add(meanOfRows(b, b.mul(rows, rows)), options.eps ?? 1e-6)) // [N]
    const unit = b.mul(rows, b.broadcast(inverse, rows.type.shape, [0])) // [N, D]
    return b.reshape(b.mul(unit, gain), x.type.shape) // [..., D]
  })
}
