import type { Attribution, Field } from '../graph/schema.ts'
import { DataError } from './error.ts'
import { tableHash } from './hash.ts'
import type { BadRow, Column, Table } from './table.ts'

/** What a reader has to say; everything else about a table follows from it. */
export interface TableParts {
  readonly fields: Readonly<Record<string, Field>>
  readonly columns: Readonly<Record<string, Column>>
  readonly ids: readonly string[]
  readonly attribution?: readonly Attribution[]
  readonly bad?: readonly BadRow[]
}

/** Makes a table and its hash, checking that columns fit their fields. A fault here is a reader's, so it throws. */
export function buildTable(parts: TableParts): Table {
  const rows = parts.ids.length
  if (new Set(parts.ids).size !== rows) throw new DataError('Two rows of this table have the same id.')
  for (const [name, field] of Object.entries(parts.fields)) {
    const column = parts.columns[name]
    if (!column) throw new DataError(`Column "${name}" is in the schema but has no values.`)
    checkColumn(name, field, column, rows)
  }
  for (const name of Object.keys(parts.columns)) {
    if (!parts.fields[name]) throw new DataError(`Column "${name}" has values but is not in the schema.`)
  }
  const schema = { fields: parts.fields, rows, ...(parts.attribution && { attribution: parts.attribution }) }
  const hash = tableHash(schema, parts.ids, parts.columns)
  return { schema, rows, columns: parts.columns, ids: parts.ids, hash, bad: parts.bad ?? [] }
}

function checkColumn(name: string, field: Field, column: Column, rows: number): void {
  if (field.kind !== column.kind) {
    throw new DataError(`Column "${name}" is declared ${field.kind} but holds ${column.kind} values.`)
  }
  if (column.values.length !== rows) {
    throw new DataError(`Column "${name}" has ${column.values.length} values for ${rows} rows.`)
  }
  if (column.kind === 'text') {
    const row = column.values.findIndex(texts => texts.length === 0)
    if (row >= 0) throw new DataError(`Column "${name}", row ${row}: no text. A text row holds at least one.`)
  }
  if (field.kind === 'frames' && column.kind === 'frames') {
    const row = column.values.findIndex(frames => frames.length !== field.frames)
    if (row >= 0) {
      throw new DataError(
        `Column "${name}", row ${row}: ${column.values[row]!.length} frames where every row has ${field.frames}.`,
      )
    }
  }
  if (field.kind === 'category' && column.kind === 'category') {
    const row = column.values.findIndex(at => !Number.isInteger(at) || at < -1 || at >= field.classes.length)
    if (row >= 0) {
      throw new DataError(
        `Column "${name}", row ${row}: class ${column.values[row]} of ${field.classes.length} classes.`,
      )
    }
  }
}

/** The table with only the given rows, in the given order; `bad` is kept and may be added to. */
export function selectRows(table: Table, rows: ArrayLike<number>, moreBad: readonly BadRow[] = []): Table {
  const at = Array.from(rows)
  const columns: Record<string, Column> = {}
  for (const [name, column] of Object.entries(table.columns)) columns[name] = permuteColumn(column, at)
  return buildTable({
    fields: table.schema.fields,
    attribution: table.schema.attribution,
    columns,
    ids: at.map(row => table.ids[row]!),
    bad: [...table.bad, ...moreBad],
  })
}

/** The column whose row i is the given column's row `from[i]`. */
export function permuteColumn(column: Column, from: readonly number[]): Column {
  switch (column.kind) {
    case 'image':
      return { kind: 'image', values: from.map(row => column.values[row]!) }
    case 'frames':
      return { kind: 'frames', values: from.map(row => column.values[row]!) }
    case 'text':
      return { kind: 'text', values: from.map(row => column.values[row]!) }
    default:
      return { kind: column.kind, values: from.map(row => column.values[row]!) }
  }
}
