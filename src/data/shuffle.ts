import { buildTable, permuteColumn } from './build.ts'
import { DataError } from './error.ts'
import { canonicalJson } from './hash.ts'
import { permutation } from './order.ts'
import type { Column, Table } from './table.ts'

/** Tries for each row that got its own content back; more would only matter where most rows are alike. */
const TRIES = 64

/**
 * The table with one column's values dealt out to other rows, for controls ("captions shuffled").
 *
 * The deal is a keyed permutation of all rows, so variants of one thing get each other's values no more than by
 * chance; then every row that got content equal to its own swaps with another row, where one can be found that
 * leaves both different. Where more than half of the rows hold the same value some must keep it.
 */
export function shuffleColumn(table: Table, column: string, seed: number): Table {
  const values = table.columns[column]
  if (!values) {
    const names = Object.keys(table.columns).join(', ')
    throw new DataError(`There is no column "${column}" to shuffle; this dataset has ${names}.`)
  }
  const columns = { ...table.columns, [column]: permuteColumn(values, deal(values, table.rows, seed)) }
  return buildTable({
    fields: table.schema.fields,
    attribution: table.schema.attribution,
    ids: table.ids,
    bad: table.bad,
    columns,
  })
}

/** For each row, the row whose value it gets. */
function deal(column: Column, rows: number, seed: number): number[] {
  if (rows < 2) return Array.from({ length: rows }, (_, row) => row)
  const content = contents(column)
  const permute = permutation(rows, ['shuffle', seed])
  const from = Array.from({ length: rows }, (_, row) => permute(row))
  const same = (row: number, source: number) => content[row] === content[source]
  for (let row = 0; row < rows; row++) {
    if (!same(row, from[row]!)) continue
    const other = partner(row, from, same, permutation(rows, ['swap', seed, row]))
    if (other === undefined) continue
    const swapped = from[row]!
    from[row] = from[other]!
    from[other] = swapped
  }
  return from
}

function partner(
  row: number,
  from: readonly number[],
  same: (row: number, source: number) => boolean,
  pick: (place: number) => number,
): number | undefined {
  for (let place = 0; place < Math.min(TRIES, from.length); place++) {
    const other = pick(place)
    if (other !== row && !same(row, from[other]!) && !same(other, from[row]!)) return other
  }
  return undefined
}

/** A number for each row, equal where the contents are. */
function contents(column: Column): number[] {
  const seen = new Map<string, number>()
  const keyOf = (value: Column['values'][number]) =>
    typeof value === 'object' && 'hash' in value ? value.hash : canonicalJson(value)
  return column.values.map(value => {
    const key = keyOf(value)
    const at = seen.get(key) ?? seen.size
    seen.set(key, at)
    return at
  })
}
