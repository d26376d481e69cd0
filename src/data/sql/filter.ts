import { selectRows } from '../build.ts'
import type { Table } from '../table.ts'
import { PLACE, sqlColumns } from './columns.ts'
import { compute } from './compute.ts'
import { checkExpression } from './expression.ts'
import { type LockedOptions, withLocked } from './locked.ts'

/**
 * The rows for which an SQL expression is true, in their order; NULL is not true. Window functions may look at other
 * rows: `row_number() OVER (PARTITION BY name ORDER BY id) = 1` keeps one row a name.
 */
export async function filterTable(table: Table, where: string, options: LockedOptions = {}): Promise<Table> {
  const expression = await withLocked(db => checkExpression(db, `(\n${where}\n)`), options)
  const marked = `SELECT ${PLACE}, (\n${where}\n) AS keep FROM rows`
  const sql = `SELECT ${PLACE} FROM (${marked}) WHERE keep ORDER BY ${PLACE}`
  const columns = sqlColumns(table, [expression])
  const kept = await compute({ rows: table.rows, columns, sql }, options)
  return selectRows(
    table,
    kept.map(([row]) => Number(row)),
  )
}
