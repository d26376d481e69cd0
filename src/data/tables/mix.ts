import type { Field } from '../../graph/schema.ts'
import { selectRows } from '../build.ts'
import { DataError } from '../error.ts'
import type { Table } from '../table.ts'
import { byChance } from './chance.ts'
import { concatenateTables } from './concatenate.ts'
import { shuffleRows } from './shuffle-rows.ts'

export interface MixOptions {
  /** One for each table; only their ratios count. */
  readonly weights: readonly number[]
  /** Rows of the mixture. */
  readonly rows: number
  readonly seed: number
  /** The columns of the mixture. */
  readonly fields: Readonly<Record<string, Field>>
}

/**
 * A mixture in which the tables have shares as their weights, shuffled. A table that gives fewer rows than it has is
 * sampled; one that gives more repeats all of its rows before any of them comes once more. Rounding goes to the
 * largest remainders, so the shares are exact to one row.
 */
export function mixTables(tables: readonly Table[], { weights, rows, seed, fields }: MixOptions): Table {
  if (weights.length !== tables.length)
    throw new DataError(`${weights.length} weights for ${tables.length} datasets. Give one weight a dataset.`)
  const parts = tables.map((table, at) => {
    const count = apportion(weights, rows)[at]!
    if (count > 0 && table.rows === 0) throw new DataError(`Dataset ${at + 1} of the mixture has no rows.`)
    return repeated(table, count, seed)
  })
  return shuffleRows(
    concatenateTables(
      parts.filter(t => t.rows > 0),
      fields,
    ),
    seed,
  )
}

/** Whole numbers in the ratio of the weights that sum to `total` (Hamilton's method). */
export function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  if (!(sum > 0))
    throw new DataError('The weights of a mixture sum to 0. Give at least one dataset a weight.')
  const exact = weights.map(w => (w / sum) * total)
  const counts = exact.map(Math.floor)
  const left = total - counts.reduce((a, b) => a + b, 0)
  const order = exact
    .map((_, at) => at)
    .sort((a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!) || a - b)
  for (const at of order.slice(0, left)) counts[at]!++
  return counts
}

/** So many rows of a table: whole copies of it, and a sample. */
function repeated(table: Table, count: number, seed: number): Table {
  const order = byChance('mix', seed, table.ids)
  const once = selectRows(table, order.slice(0, Math.min(count, table.rows)))
  if (count <= table.rows) return once
  const copies: Table[] = [once]
  for (let left = count - table.rows; left > 0; left -= table.rows)
    copies.push(selectRows(table, order.slice(0, Math.min(left, table.rows))))
  return concatenateTables(copies, table.schema.fields)
}
