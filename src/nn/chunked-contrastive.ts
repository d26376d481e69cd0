import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { sameShape, showType, tensor } from '../ir/types.ts'
import { softplus } from './activations.ts'
import type { LossTerms } from './contrastive.ts'
import { logSumExp } from './softmax.ts'
import { blocks, overTiles, type Similarity, tileGradients, tileLogits, unblocked } from './tiles.ts'

/**
 * Contrastive losses over tiles of `chunk` × `chunk` similarities, each made when it is needed and made again for the
 * gradient: beside the embeddings and their gradients they keep a few numbers a row, so memory grows with B, not
 * with B². Both equal the losses over the whole matrix but for rounding.
 *
 * Source: Cheng et al. 2024 (arXiv 2410.17243), section 3; tiles of a softmax: Dao et al. 2022 (arXiv 2205.14135).
 */

/** Below every similarity, and finite, so that the difference of two is a number. */
const LOWEST = -1e30

const similarityOf = ([rows, columns, scale, bias]: readonly Var[]): Similarity => ({
  rows: rows!,
  columns: columns!,
  scale: scale!,
  bias: bias!,
})
const argsOf = (s: Similarity): Var[] => [s.rows, s.columns, s.scale, s.bias]

/** ln Σ e^ℓ along each row [B] and each column [B′]. */
export function chunkedLogSumExp(b: Builder, s: Similarity, chunk: number): [rows: Var, columns: Var] {
  const spread = (c: Builder, v: Var, axis: 0 | 1): Var => c.broadcast(v, [chunk, chunk], [axis])
  const [rows, columns] = b.customVjp(
    argsOf(s),
    (c, args) => ({ outs: forwardLogSumExp(c, similarityOf(args), chunk) }),
    (c, { args, outs, cts }) => {
      const pieces = outs.map((out, k) => [out, cts[k]!].map(v => blocks(c, v, chunk)))
      return tileGradients(
        c,
        similarityOf(args),
        chunk,
        { rows: pieces[0]!, columns: pieces[1]! },
        (d, logits, tile) => {
          // Of each direction the share e^(ℓ - ln Σ e^ℓ), times its cotangent.
          const part = ([total, ct]: readonly Var[], axis: 0 | 1): Var =>
            d.mul(d.exp(d.sub(logits, spread(d, total!, axis))), spread(d, ct!, axis))
          return d.add(part(tile.rows, 0), part(tile.columns, 1))
        },
      )
    },
  )
  return [rows!, columns!]
}

/** The same by one walk over the tiles, with the largest value and the sum beside it so far. */
function forwardLogSumExp(b: Builder, s: Similarity, chunk: number): Var[] {
  const [x, y] = [blocks(b, s.rows, chunk), blocks(b, s.columns, chunk)]
  const { dtype } = x.type
  const begin = (shape: readonly number[]): Var[] => [LOWEST, 0].map(v => b.fill(tensor(dtype, shape), v))
  const start = { totals: [], rows: begin([chunk]), columns: begin([y.type.shape[0]!, chunk]) }
  const found = overTiles(b, { rows: [x], columns: [y] }, start, (tile, slices, carry) => {
    const logits = tileLogits(tile, s, slices.rows[0]!, slices.columns[0]!)
    const merge = ([top, sum]: readonly Var[], axis: 0 | 1): Var[] => {
      const peak = tile.max(top!, tile.reduceMax(logits, [1 - axis])) // [chunk]
      const powers = tile.exp(tile.sub(logits, tile.broadcast(peak, [chunk, chunk], [axis])))
      const kept = tile.mul(sum!, tile.exp(tile.sub(top!, peak)))
      return [peak, tile.add(kept, tile.sum(powers, [1 - axis]))]
    }
    return { totals: [], rows: merge(carry.rows, 0), columns: merge(carry.columns, 1) }
  })
  return [found.rows, found.columns].map(([top, sum]) => unblocked(b, b.add(top!, b.log(sum!))))
}

export interface ChunkedInfoNceOptions {
  readonly chunk: number
  readonly labelSmoothing?: number
  /** Similarities [B, N] of further columns that no row belongs to, as in `infoNce`. */
  readonly negatives?: readonly Similarity[]
}

/** `infoNce` of similarities [B, B], row i with column i. */
export function chunkedInfoNce(b: Builder, s: Similarity, options: ChunkedInfoNceOptions): LossTerms {
  const { chunk, labelSmoothing = 0, negatives = [] } = options
  refuseOblong(b, s)
  const size = s.rows.type.shape[0]!
  const [rows, columns] = chunkedLogSumExp(b, s, chunk) // [B] each
  const further = negatives.map(n => b.reshape(chunkedLogSumExp(b, n, chunk)[0], [size, 1]))
  const allRows = further.length
    ? logSumExp(b, b.concatenate([b.reshape(rows, [size, 1]), ...further], 1)) // [B]
    : rows
  const picked = diagonalOf(b, s) // [B]
  /** The mean of similarities over the columns of all of `parts`, for each row, without making them. */
  const meanOver = (parts: readonly Similarity[]): Var => {
    const counts = parts.map(p => p.columns.type.shape[0]!)
    const total = counts.reduce((x, y) => x + y)
    const shares = parts.map((p, k) => b.mul(meanLogits(b, p), counts[k]! / total))
    return shares.reduce((x, y) => b.add(x, y)) // [B]
  }
  const target = (mean: () => Var): Var =>
    labelSmoothing === 0 ? picked : b.add(b.mul(picked, 1 - labelSmoothing), b.mul(mean(), labelSmoothing)) // [B]
  const entropies = [
    b.sub(
      allRows,
      target(() => meanOver([s, ...negatives])),
    ),
    b.sub(
      columns,
      target(() => meanLogits(b, { ...s, rows: s.columns, columns: s.rows })),
    ),
  ]
  const sum = b.mul(b.sum(b.add(entropies[0]!, entropies[1]!), [0]), 0.5)
  return { sum, count: b.scalar(s.rows.type.dtype, size) }
}

/** `sigmoidPairs` of similarities [B, B]. */
export function chunkedSigmoid(b: Builder, s: Similarity, chunk: number): LossTerms {
  refuseOblong(b, s)
  const size = s.rows.type.shape[0]!
  const { dtype } = s.rows.type
  // Where each block starts says which of a tile's pairs are true.
  const starts = (c: Builder): Var => c.mul(c.iota('s32', [size / chunk], 0), chunk)
  const matches = (c: Builder, row: Var, column: Var): Var =>
    c.compare(
      'EQ',
      c.add(c.iota('s32', [chunk, chunk], 0), row),
      c.add(c.iota('s32', [chunk, chunk], 1), column),
    )
  const [sum] = b.customVjp(
    argsOf(s),
    (c, args) => {
      const given = similarityOf(args)
      const [x, y] = [blocks(c, given.rows, chunk), blocks(c, given.columns, chunk)]
      const start = { totals: [c.scalar(dtype, 0)], rows: [], columns: [] }
      const tiles = { rows: [x, starts(c)], columns: [y, starts(c)] }
      const found = overTiles(c, tiles, start, (tile, { rows, columns }, carry) => {
        const logits = tileLogits(tile, given, rows[0]!, columns[0]!)
        const signed = tile.select(matches(tile, rows[1]!, columns[1]!), tile.neg(logits), logits)
        const total = tile.sum(softplus(tile, signed), [0, 1])
        return { totals: [tile.add(carry.totals[0]!, total)], rows: [], columns: [] }
      })
      return { outs: found.totals }
    },
    (c, { args, cts }) =>
      tileGradients(
        c,
        similarityOf(args),
        chunk,
        { rows: [starts(c)], columns: [starts(c)] },
        (d, logits, tile) => {
          const match = matches(d, tile.rows[0]!, tile.columns[0]!)
          // σ(ℓ) of false pairs, -σ(-ℓ) of true ones.
          const slope = d.logistic(d.select(match, d.neg(logits), logits))
          return d.mul(d.select(match, d.neg(slope), slope), cts[0]!)
        },
      ),
  )
  return { sum: sum!, count: b.scalar(dtype, size) }
}

/** ℓᵢᵢ [B]. */
const diagonalOf = (b: Builder, s: Similarity): Var =>
  b.add(b.mul(b.sum(b.mul(s.rows, s.columns), [1]), s.scale), s.bias)

/** The mean of each row's similarities [B]: of the columns' mean. */
function meanLogits(b: Builder, s: Similarity): Var {
  const dots = b.dotGeneral(s.rows, b.mean(s.columns, [0]), {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [1],
    rhsContract: [0],
  })
  return b.add(b.mul(dots, s.scale), s.bias)
}

function refuseOblong(b: Builder, s: Similarity): void {
  if (!sameShape(s.rows.type.shape, s.columns.type.shape))
    throw new BuildError(
      `row i pairs with column i, but there are ${showType(s.rows.type)} and ${showType(s.columns.type)}`,
      b.currentOrigin,
    )
}
