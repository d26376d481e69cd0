import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import { affine, linear } from './linear.ts'
import type { Scope } from './scope.ts'
import { softmax } from './softmax.ts'

/** Added where attention is not allowed: e^-1e30 is 0, and a row with nothing to attend to stays finite. */
const FORBIDDEN = -1e30

export interface AttentionMasks {
  /** Each token sees itself and what stands before it. */
  readonly causal?: boolean
  /** bool, true where a query (row) may see a key (column): [T, T], or anything that broadcasts to [B, heads, T, T]. */
  readonly mask?: Var
  /** bool [..., T]: which tokens are real; the others are seen by none. */
  readonly valid?: Var
}

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

  const scores = b.dotGeneral(query, key, {
    lhsBatch: [0],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [2],
  }) // [B·heads, T, T]
  const share = softmax(b, forbid(b, scores, [batch, heads, tokens, tokens], options)) // [B·heads, T, T]
  const mixed = b.dotGeneral(share, value, {
    lhsBatch: [0],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [1],
  }) // [B·heads, T, d]
  const joined = b.transpose(b.reshape(mixed, [batch, heads, tokens, head]), [0, 2, 1, 3]) // [B, T, heads, d]
  const y = linear(s.child('out_proj'), b.reshape(joined, [batch * tokens, width]), width, {
    std: options.outStd,
  }) // [B·T, D]
  return b.reshape(y, x.type.shape) // [..., T, D]
}

/** Scores [B·heads, T, T], of the named `shape` [B, heads, T, T], with `FORBIDDEN` added where a mask says no. */
function forbid(b: Builder, scores: Var, shape: readonly number[], masks: AttentionMasks): Var {
  const [batch, , tokens] = shape as [number, number, number, number]
  const allowed: Var[] = []
  if (masks.causal) {
    const row = b.iota('s32', [tokens, tokens], 0)
    const column = b.iota('s32', [tokens, tokens], 1)
    allowed.push(b.compare('LE', column, row)) // [T, T]
  }
  if (masks.mask) allowed.push(masks.mask)
  if (masks.valid) allowed.push(b.reshape(masks.valid, [batch, 1, 1, tokens]))
  if (allowed.length === 0) return scores
  const dtype = scores.type.dtype
  // Added rather than selected: the gradient then passes untouched, and it is 0 where e^score is.
  const penalty = allowed
    .map(mask => b.select(mask, b.scalar(dtype, 0), FORBIDDEN))
    .reduce((x, y) => b.add(x, y)) // broadcasts to [B, heads, T, T]
  return b.reshape(b.add(b.reshape(scores, shape), penalty), scores.type.shape) // [B·heads, T, T]
}
