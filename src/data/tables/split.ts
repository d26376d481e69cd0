import { selectRows } from '../build.ts'
import type { Table } from '../table.ts'
import { chances, contentOf } from './chance.ts'
import { columnNamed } from './column.ts'

/**
 * Two parts of a table. A row's side is a pure function of (seed, its id): more data never moves a row to the other
 * side. With `by`, of what it holds in that column: rows about one thing stay together.
 */
export function splitTable(
  table: Table,
  options: { readonly share: number; readonly seed: number; readonly by?: string },
): { readonly train: Table; readonly test: Table } {
  const { share, seed, by } = options
  const column = by === undefined ? undefined : columnNamed(table, by, 'split by')
  const names = column ? table.ids.map((_, row) => contentOf(column, row)) : table.ids
  const chance = chances('split', seed, names)
  const rows = table.ids.map((_, row) => row)
  return {
    train: selectRows(
      table,
      rows.filter(row => chance[row]! >= share),
    ),
    test: selectRows(
      table,
      rows.filter(row => chance[row]! < share),
    ),
  }
}
