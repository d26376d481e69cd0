import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { sameShape, showType } from '../ir/types.ts'
import { logSumExp } from './softmax.ts'

/** A loss as float scalars: its value is sum / count, so that microbatches can be added up. */
export interface LossTerms {
  readonly sum: Var
  readonly count: Var
}

export interface InfoNceOptions {
  /**
   * bool [B, B′], true where row i and column j belong together; several in a row share the target equally, and
   * a row without any is left out. By default row i pairs with column i.
   */
  readonly positives?: Var
  /** Share of the target that is spread over all columns; 0 by default. */
  readonly labelSmoothing?: number
  /** Logits [B, N] of further columns that no row belongs to: rows must tell them apart, columns never see them. */
  readonly negatives?: readonly Var[]
}

/**
 * InfoNCE, CLIP's symmetric form: ½ [CE(logits, positives) + CE(logitsᵀ, positivesᵀ)], each the mean over the
 * rows that have a positive. `logits` float [B, B′].
 *
 * Source: van den Oord et al. 2018 (arXiv 1807.03748), Eq. 4; Radford et al. 2021 (arXiv 2103.00020), Figure 3; hard
 * negatives as further columns: Yuksekgonul et al. 2023 (arXiv 2210.01936), section 4.
 */
export function infoNce(b: Builder, logits: Var, options: InfoNceOptions = {}): LossTerms {
  const { positives, negatives = [] } = options
  const none = (v: Var): Var => b.fill({ dtype: 'bool', shape: v.type.shape }, 0)
  const rows = infoNceOneWay(b, joined(b, [logits, ...negatives]), {
    ...options,
    positives: positives && joined(b, [positives, ...negatives.map(none)]),
  })
  const columns = infoNceOneWay(b, b.transpose(logits, [1, 0]), {
    ...options,
    positives: positives && b.transpose(positives, [1, 0]),
  })
  // The two directions weigh the same, also where they have different numbers of rows with a positive.
  const scaled = b.mul(columns.sum, b.div(rows.count, b.max(columns.count, 1)))
  return { sum: b.mul(b.add(rows.sum, scaled), 0.5), count: rows.count }
}

/** One direction: each row of `logits` [B, B′] must pick its positives among the columns. */
export function infoNceOneWay(b: Builder, logits: Var, options: InfoNceOptions = {}): LossTerms {
  const { dtype, shape } = logits.type
  const { labelSmoothing = 0, positives = diagonal(b, shape) } = options
  if (!sameShape(positives.type.shape, shape))
    throw new BuildError(
      `positives ${showType(positives.type)} don't fit logits ${showType(logits.type)}`,
      b.currentOrigin,
    )
  const matches = b.sum(b.convert(positives, dtype), [1]) // [B] how many positives a row has
  const picked = b.div(b.sum(b.select(positives, logits, 0), [1]), b.max(matches, 1)) // [B] mean of their logits
  const target =
    labelSmoothing === 0
      ? picked
      : b.add(b.mul(picked, 1 - labelSmoothing), b.mul(b.mean(logits, [1]), labelSmoothing)) // [B]
  const counted = b.min(matches, 1) // [B] 1 for a row with a positive, else 0
  const entropy = b.mul(b.sub(logSumExp(b, logits), target), counted) // [B]
  return { sum: b.sum(entropy, [0]), count: b.sum(counted, [0]) }
}

/** Columns beside each other. */
const joined = (b: Builder, xs: readonly Var[]): Var => (xs.length === 1 ? xs[0]! : b.concatenate(xs, 1))

/** bool [B, B′], true on the diagonal. */
export const diagonal = (b: Builder, shape: readonly number[]): Var =>
  b.compare('EQ', b.iota('s32', shape, 0), b.iota('s32', shape, 1))
