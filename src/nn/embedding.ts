import type { Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import type { Scope } from './scope.ts'

export interface EmbeddingOptions {
  /** Rows of the table; ids lie in [0, vocab). */
  readonly vocab: number
  readonly width: number
  /** Standard deviation of the starting rows; 0.02 by default. */
  readonly std?: number
}

/**
 * A learned row for each id: `ids` s32 [...] → [..., D]. Weight `weight` [V, D], looked up in float32, so that the
 * gradients of a row that occurs often are added up in float32.
 */
export function embedding(s: Scope, ids: Var, options: EmbeddingOptions): Var {
  const { vocab, width, std = 0.02 } = options
  const table = s.weight('weight', [vocab, width], { kind: 'normal', std }, { precise: true })
  return s.b.convert(lookUp(s.b, table, ids), s.dtype)
}

/** Rows of `table` [V, D] at `ids` s32 [...] → [..., D]; the gradient adds rows up where ids repeat. */
export function lookUp(b: Builder, table: Var, ids: Var): Var {
  const rank = ids.type.shape.length
  return b.gather(table, ids, {
    offsetDims: [rank],
    collapsedDims: [0],
    operandBatch: [],
    indexBatch: [],
    startIndexMap: [0],
    indexVectorDim: rank,
    sliceSizes: [1, table.type.shape[1]!],
  })
}

/** One row of each sequence: `x` [B, L, D] at `index` s32 [B] → [B, D]. */
export function takeAlong(b: Builder, x: Var, index: Var): Var {
  return b.gather(x, index, {
    offsetDims: [1],
    collapsedDims: [1],
    operandBatch: [0],
    indexBatch: [0],
    startIndexMap: [1],
    indexVectorDim: 1,
    sliceSizes: [1, 1, x.type.shape[2]!],
  })
}
