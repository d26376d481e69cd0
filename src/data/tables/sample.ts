import { selectRows } from '../build.ts'
import { DataError } from '../error.ts'
import type { Table } from '../table.ts'
import { byChance } from './chance.ts'

/** How much of a table is kept: a number of rows, or a share of them. */
export type Amount = { readonly rows: number } | { readonly share: number }

/** A seeded sample without replacement, in the table's order. A larger sample of the same seed contains a smaller. */
export function sampleTable(table: Table, amount: Amount, seed: number): Table {
  const wanted = 'rows' in amount ? amount.rows : Math.round(table.rows * amount.share)
  if (wanted > table.rows)
    throw new DataError(
      `A sample of ${wanted} rows from a dataset of ${table.rows}. Set rows to at most ${table.rows}.`,
    )
  const kept = byChance('sample', seed, table.ids).slice(0, wanted)
  return selectRows(
    table,
    kept.sort((a, b) => a - b),
  )
}
