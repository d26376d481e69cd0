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

/** Rows of each sequence: `x` [B, L, D] at `index` s32 [B] → [B, D], or at [B, K] → [B, K, D]. */
export function takeAlong(b: Builder, x: Var, index: Var): Var {
  const rank = index.type.shape.length
  return b.gather(x, index, { ...rowsOf(rank), sliceSizes: [1, 1, x.type.shape[2]!] })
}

/** What `takeAlong` reads, back in its place: `rows` [B, K, D] at `index` s32 [B, K] of a sequence of `length`, else 0. */
export function putAlong(b: Builder, rows: Var, index: Var, length: number): Var {
  const { dtype, shape } = rows.type
  const empty = b.fill({ dtype, shape: [shape[0]!, length, shape[2]!] }, 0) // [B, L, D]
  return b.scatterAdd(empty, index, rows, rowsOf(2))
}

/** How an index of this rank addresses the rows of [B, L, D]. */
const rowsOf = (rank: number) => ({
  offsetDims: [rank],
  collapsedDims: [1],
  operandBatch: [0],
  indexBatch: [0],
  startIndexMap: [1],
  indexVectorDim: rank,
})
