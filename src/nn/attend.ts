import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { inFloat32 } from './precision.ts'
import type { Scope } from './scope.ts'
import { softmax } from './softmax.ts'

/** Added where attention is not allowed: e^-1e30 is 0, and a row with nothing to attend to stays finite. */
const FORBIDDEN = -1e30

export interface AttentionMasks {
  /** Each token sees itself and what stands before it; of S keys for T queries, query i stands at key S - T + i. */
  readonly causal?: boolean
  /** bool, true where a query (row) may see a key (column): [T, S], or anything that broadcasts to [B, heads, T, S]. */
  readonly mask?: Var
  /** bool [..., S]: which keys are real tokens; the others are seen by none. */
  readonly valid?: Var
}

/** Sizes of attention: B, heads, T queries, S keys. */
export type AttentionShape = readonly [batch: number, heads: number, queries: number, keys: number]

/**
 * softmax(Q Kᵀ + mask) V. With one key a head: `query` [B·heads, T, d], already divided by √d, `key` and `value`
 * [B·heads, S, d] → [B·heads, T, d]. Where groups of G heads share a key, the group stands beside the queries, so
 * that no key is copied: `query` [B·heads/G, G·T, d], `key` and `value` [B·heads/G, S, d]. The softmax is in float32.
 * Who watches finds the maps [B, heads, T, S] as `attention` of the scope `shown`.
 *
 * Source: Vaswani et al. 2017 (arXiv 1706.03762), Eq. 1; groups: Ainslie et al. 2023 (arXiv 2305.13245).
 */
export function attend(
  b: Builder,
  query: Var,
  key: Var,
  value: Var,
  shape: AttentionShape,
  masks: AttentionMasks,
  shown?: Scope,
): Var {
  const scores = b.dotGeneral(query, key, {
    lhsBatch: [0],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [2],
  }) // [B·heads/G, G·T, S]
  const share = inFloat32(b, scores, v => softmax(b, forbid(b, v, shape, masks))) // [B·heads/G, G·T, S]
  shown?.watch('attention', ['batch', 'head', 'query', 'key'], () => b.reshape(share, shape))
  return b.dotGeneral(share, value, {
    lhsBatch: [0],
    rhsBatch: [0],
    lhsContract: [2],
    rhsContract: [1],
  }) // [B·heads/G, G·T, d]
}

/** Scores [B·heads/G, G·T, S], of the named `shape` [B, heads, T, S], with `FORBIDDEN` added where a mask says no. */
function forbid(b: Builder, scores: Var, shape: AttentionShape, masks: AttentionMasks): Var {
  const [batch, , queries, keys] = shape
  const allowed: Var[] = []
  if (masks.causal) {
    const row = b.iota('s32', [queries, keys], 0)
    const column = b.iota('s32', [queries, keys], 1)
    allowed.push(b.compare('LE', column, keys === queries ? row : b.add(row, keys - queries))) // [T, S]
  }
  if (masks.mask) allowed.push(masks.mask)
  if (masks.valid) allowed.push(b.reshape(masks.valid, [batch, 1, 1, keys]))
  if (allowed.length === 0) return scores
  // Added rather than selected: the gradient then passes untouched, and it is 0 where e^score is.
  const penalty = allowed
    .map(mask => b.select(mask, b.scalar('f32', 0), FORBIDDEN))
    .reduce((x, y) => b.add(x, y)) // broadcasts to [B, heads, T, S]
  return b.reshape(b.add(b.reshape(scores, shape), penalty), scores.type.shape) // [B·heads/G, G·T, S]
}
