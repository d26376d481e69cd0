import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, tensor } from '../ir/types.ts'
import { inFloat32 } from './precision.ts'
import type { Scope } from './scope.ts'

/**
 * y = (x - mean) / √(var + eps) · weight + bias over the last axis of `x` [..., D], var without Bessel's
 * correction, in float32. Weights `weight` [D] and `bias` [D]. Source: Ba et al. 2016 (arXiv 1607.06450); torch.nn.LayerNorm.
 */
export function layerNorm(s: Scope, x: Var, options: { readonly eps?: number } = {}): Var {
  const { b } = s
  const width = x.type.shape.at(-1)!
  const gain = s.weight('weight', [width], { kind: 'ones' }, { precise: true })
  const bias = s.weight('bias', [width], { kind: 'zeros' }, { precise: true })
  return inFloat32(b, x, v => {
    const rows = b.reshape(v, [elementCount(x.type.shape.slice(0, -1)), width]) // [N, D]
    const spread = (value: Var): Var => b.broadcast(value, rows.type.shape, [0]) // [N] → [N, D]
    const centred = b.sub(rows, spread(meanOfRows(b, rows))) // [N, D]
    const variance = meanOfRows(b, b.mul(centred, centred)) // [N]
    const unit = b.mul(centred, spread(b.rsqrt(b.add(variance, options.eps ?? 1e-5)))) // [N, D]
    return b.reshape(b.add(b.mul(unit, gain), bias), x.type.shape) // [..., D]
  })
}

/** [N, D] → [N]; as a product with a constant vector, twice as fast as a reduction on XLA's CPU compiler. */
export function meanOfRows(b: Builder, x: Var): Var {
  const width = x.type.shape[1]!
  const share = b.fill(tensor(x.type.dtype, [width]), 1 / width) // [D]
  return b.dotGeneral(x, share, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] })
}
