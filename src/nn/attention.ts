import { BuildError } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import { type AttentionMasks, attend } from './attend.ts'
import { affine, linear } from './linear.ts'
import type { Scope } from './scope.ts'

export interface AttentionOptions extends AttentionMasks {
  readonly heads: number
  /** Standard deviation of the starting `in_proj_weight`; D^-½ by default. */
  readonly inStd?: number
  /** Standard deviation of the starting `out_proj/weight`; D^-½ by default. */
  readonly outStd?: number
}

/**
 * Multi-head self-attention over `x` [..., T, D] → [..., T, D]:
 * softmax(Q Kᵀ / √(D / heads) + mask) V for each head, then a linear map.
 *
 * Weights as torch.nn.MultiheadAttention: `in_proj_weight` [3D, D] (query, key, value), `in_proj_bias` [3D],
 * `out_proj/weight` [D, D], `out_proj/bias` [D]. Source: Vaswani et al. 2017 (arXiv 1706.03762), section 3.2.
 */
export function multiHeadAttention(s: Scope, x: Var, options: AttentionOptions): Var {
  const { b } = s
  const { heads } = options
  const [tokens, width] = x.type.shape.slice(-2) as [number, number]
  if (width % heads)
    throw new BuildError(`${heads} heads don't divide the width of ${showType(x.type)}`, b.currentOrigin)
  const batch = elementCount(x.type.shape.slice(0, -2))
  const head = width / heads

  const inWeight = s.weight('in_proj_weight', [3 * width, width], {
    kind: 'normal',
    std: options.inStd ?? width ** -0.5,
  })
  const inBias = s.weight('in_proj_bias', [3 * width], { kind: 'zeros' })
  const qkv = affine(b, b.reshape(x, [batch * tokens, width]), inWeight, inBias) // [B·T, 3D]
  const split = b.transpose(b.reshape(qkv, [batch, tokens, 3, heads, head]), [2, 0, 3, 1, 4]) // [3, B, heads, T, d]
  const part = (i: number): Var => b.reshape(b.sliceAxis(split, 0, i, i + 1), [batch * heads, tokens, head])
  const query = b.mul(part(0), head ** -0.5) // [B·heads, T, d]
  const [key, value] = [part(1), part(2)] // [B·heads, T, d]

  const mixed = attend(b, query, key, value, [batch, heads, tokens, tokens], options, s) // [B·heads, T, d]
  const joined = b.transpose(b.reshape(mixed, [batch, heads, tokens, head]), [0, 2, 1, 3]) // [B, T, heads, d]
  const y = linear(s.child('out_proj'), b.reshape(joined, [batch * tokens, width]), width, {
    std: options.outStd,
  }) // [B·T, D]
  return b.reshape(y, x.type.shape) // [..., T, D]
}
