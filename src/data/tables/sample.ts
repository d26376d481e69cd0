import { buildTable, permuteColumn, selectRows } from '../build.ts'
import { DataError } from '../error.ts'
import { uniqueIds } from '../ids.ts'
import type { Table } from '../table.ts'
import { chances } from './chance.ts'
import { columnNamed } from './column.ts'

/** How much of a table is kept: a number of rows, or a share of them. */
export type Amount = { readonly rows: number } | { readonly share: number }

export interface SampleOptions {
  readonly amount: Amount
  readonly seed: number
  /** A column of numbers that rows are drawn in proportion to; all alike without it. */
  readonly weight?: string
  /** Whether a row may be drawn again. */
  readonly replace?: boolean
}

/**
 * A seeded sample, in the table's order. A larger sample of the same seed contains a smaller one, and which rows are
 * drawn hangs on their ids, not on their places.
 *
 * Source: without replacement Efraimidis & Spirakis 2006, "Weighted random sampling with a reservoir": the rows of the
 * least −ln(u) / w. With it, each draw is the inverse of the weights' running sum at a number of its own.
 */
export function sampleTable(table: Table, { amount, seed, weight, replace }: SampleOptions): Table {
  const wanted = 'rows' in amount ? amount.rows : Math.round(table.rows * amount.share)
  const weights = weight === undefined ? undefined : weightsOf(table, weight)
  return replace ? drawn(table, wanted, seed, weights) : chosen(table, wanted, seed, weights)
}

/** Without replacement. */
function chosen(table: Table, wanted: number, seed: number, weights?: readonly number[]): Table {
  const rows = rowsById(table).filter(row => !weights || weights[row]! > 0)
  if (wanted > rows.length)
    throw new DataError(
      `A sample of ${wanted} rows from a dataset of ${rows.length}${weights ? ' with a weight' : ''}. ` +
        `Set rows to at most ${rows.length}, or draw with replacement.`,
    )
  const chance = chances('sample', seed, table.ids)
  const key = weights ? chance.map((u, row) => -Math.log(1 - u) / weights[row]!) : chance
  const kept = rows.sort((a, b) => key[a]! - key[b]!).slice(0, wanted)
  return selectRows(
    table,
    kept.sort((a, b) => a - b),
  )
}

/** With replacement: a row's second place on gets its id and a number. */
function drawn(table: Table, wanted: number, seed: number, weights?: readonly number[]): Table {
  const rows = rowsById(table)
  let total = 0
  const sums = rows.map(row => {
    total += weights ? weights[row]! : 1
    return total
  })
  if (!(total > 0))
    throw new DataError('There is no row to draw: the dataset is empty, or all weights are 0.')
  const numbers = chances(
    'draw',
    seed,
    Array.from({ length: wanted }, (_, nth) => String(nth)),
  )
  const kept = Array.from(numbers, u => rows[firstAbove(sums, u * total)]!).sort((a, b) => a - b)
  return buildTable({
    fields: table.schema.fields,
    columns: Object.fromEntries(
      Object.entries(table.columns).map(([name, column]) => [name, permuteColumn(column, kept)]),
    ),
    ids: uniqueIds(kept.map(row => table.ids[row]!)),
    bad: table.bad,
    ...(table.schema.attribution && { attribution: table.schema.attribution }),
  })
}

/** The place of the first sum that is larger. */
function firstAbove(sums: readonly number[], value: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

const rowsById = ({ ids }: Table): number[] =>
  ids.map((_, row) => row).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1))

function weightsOf(table: Table, name: string): readonly number[] {
  const column = columnNamed(table, name, 'weigh by')
  if (column.kind !== 'int' && column.kind !== 'float')
    throw new DataError(`Column "${name}" is ${column.kind}; weights are numbers.`)
  const bad = column.values.findIndex(w => !(w >= 0 && w < Number.POSITIVE_INFINITY))
  if (bad >= 0)
    throw new DataError(
      `Row "${table.ids[bad]}" has the weight ${column.values[bad]} in "${name}". Weights are 0 or more.`,
    )
  return column.values
}
