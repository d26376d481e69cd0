import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { showType, tensor } from '../ir/types.ts'

type Vars = readonly Var[]

/** Similarities ℓᵢⱼ = scale · xᵢ · yⱼ + bias, by what makes them: `rows` x [B, E], `columns` y [B′, E], two numbers []. */
export interface Similarity {
  readonly rows: Var
  readonly columns: Var
  readonly scale: Var
  readonly bias: Var
}

/** What goes from tile to tile: numbers for the whole, for each row of a block, for each column of a block. */
export interface TileCarry {
  readonly totals: Vars
  readonly rows: Vars
  readonly columns: Vars
}

/** One tile of `size` × `size` similarities, and the slices of values that come with its rows and columns. */
export interface Tile {
  readonly rows: Vars
  readonly columns: Vars
}

/** `x` [B, ...] as blocks [B / size, size, ...]. */
export function blocks(b: Builder, x: Var, size: number): Var {
  const [count, ...rest] = x.type.shape as [number, ...number[]]
  if (count % size)
    throw new BuildError(`chunks of ${size} don't divide ${showType(x.type)}`, b.currentOrigin)
  return b.reshape(x, [count / size, size, ...rest])
}

/** Blocks [R, size, ...] as one again, [R · size, ...]. */
export const unblocked = (b: Builder, x: Var): Var => {
  const [count, size, ...rest] = x.type.shape as [number, number, ...number[]]
  return b.reshape(x, [count * size, ...rest])
}

/**
 * Visits every tile, row block by row block: `given` are blocks [R, size, ...] and [C, size, ...]; a carry's `rows` are
 * what each block of rows starts with, [size, ...], its `columns` what all blocks of columns start with,
 * [C, size, ...]. Gives the totals, the rows' [R, size, ...] and the columns' [C, size, ...] after the last tile.
 */
export function overTiles(
  b: Builder,
  given: Tile,
  start: TileCarry,
  visit: (b: Builder, tile: Tile, carry: TileCarry) => TileCarry,
): TileCarry {
  const n = start.totals.length
  const outer = b.scan([...start.totals, ...start.columns], given.rows, (row, carry, rows) => {
    const inner = row.scan(
      [...carry.slice(0, n), ...start.rows],
      [...given.columns, ...carry.slice(n)],
      (tile, sums, slices) => {
        const after = visit(
          tile,
          { rows, columns: slices.slice(0, given.columns.length) },
          {
            totals: sums.slice(0, n),
            rows: sums.slice(n),
            columns: slices.slice(given.columns.length),
          },
        )
        return { carry: [...after.totals, ...after.rows], ys: after.columns }
      },
    )
    return { carry: [...inner.carry.slice(0, n), ...inner.ys], ys: inner.carry.slice(n) }
  })
  return { totals: outer.carry.slice(0, n), rows: outer.ys, columns: outer.carry.slice(n) }
}

/** x yᵀ of blocks [n, E] and [m, E] → [n, m]. */
const cosines = (b: Builder, x: Var, y: Var): Var =>
  b.dotGeneral(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] })

/** ℓ of one tile, from the slices of `rows` and `columns`. */
export const tileLogits = (b: Builder, s: Similarity, x: Var, y: Var): Var =>
  b.add(b.mul(cosines(b, x, y), s.scale), s.bias)

/**
 * The cotangents of `rows`, `columns`, `scale` and `bias`, in this order, where `cotangent` gives those of one tile's
 * similarities [size, size]. Tiles are computed again; `given` are further blocks that come with rows and columns.
 */
export function tileGradients(
  b: Builder,
  s: Similarity,
  size: number,
  given: Tile,
  cotangent: (b: Builder, logits: Var, tile: Tile) => Var,
): Vars {
  const { dtype } = s.rows.type
  const width = s.rows.type.shape[1]!
  const [x, y] = [blocks(b, s.rows, size), blocks(b, s.columns, size)]
  const zero = b.scalar(dtype, 0)
  const start = {
    totals: [zero, zero],
    rows: [b.fill(tensor(dtype, [size, width]), 0)],
    columns: [b.zerosLike(y)],
  }
  const found = overTiles(
    b,
    { rows: [x, ...given.rows], columns: [y, ...given.columns] },
    start,
    (tile, slices, carry) => {
      const [xs, ys] = [slices.rows[0]!, slices.columns[0]!]
      const dots = cosines(tile, xs, ys)
      const logits = tile.add(tile.mul(dots, s.scale), s.bias)
      const ct = cotangent(tile, logits, { rows: slices.rows.slice(1), columns: slices.columns.slice(1) })
      const scaled = tile.mul(ct, s.scale)
      const back = (axis: 0 | 1, other: Var): Var =>
        tile.dotGeneral(scaled, other, {
          lhsBatch: [],
          rhsBatch: [],
          lhsContract: [axis],
          rhsContract: [0],
        })
      return {
        totals: [
          tile.add(carry.totals[0]!, tile.sum(tile.mul(ct, dots), [0, 1])),
          tile.add(carry.totals[1]!, tile.sum(ct, [0, 1])),
        ],
        rows: [tile.add(carry.rows[0]!, back(1, ys))],
        columns: [tile.add(carry.columns[0]!, back(0, xs))],
      }
    },
  )
  return [unblocked(b, found.rows[0]!), unblocked(b, found.columns[0]!), ...found.totals]
}
