import { DataError } from '../error.ts'
import type { Column, Table } from '../table.ts'
import type { Expression } from './expression.ts'

/** The name of the column that carries a row's number. */
export const PLACE = '__row'

/** A column as SQL sees it: plain values, NULL where there is no class. */
export interface SqlColumn {
  readonly name: string
  readonly type: 'VARCHAR' | 'VARCHAR[]' | 'BIGINT' | 'DOUBLE'
  readonly values: readonly (string | readonly string[] | number | null)[]
}

type Seen = Exclude<Column, { kind: 'image' | 'frames' }>

const isSeen = (column: Column): column is Seen => column.kind !== 'image' && column.kind !== 'frames'

/** The columns of a table that SQL can see, by name; pictures never are. */
function visible(table: Table): Record<string, Seen> {
  const seen: Record<string, Seen> = {}
  for (const [name, column] of Object.entries(table.columns)) if (isSeen(column)) seen[name] = column
  if (!Object.keys(table.columns).some(name => name.toLowerCase() === 'id'))
    seen.id = { kind: 'text', values: table.ids.map(id => [id]) }
  return seen
}

/**
 * The columns that expressions read. Texts are VARCHAR, with variants VARCHAR[]; categories their class names, NULL
 * for none; int BIGINT; float DOUBLE. Names that are no column's are left to DuckDB: they may be a lambda's.
 */
export function sqlColumns(table: Table, expressions: readonly Expression[]): SqlColumn[] {
  const seen = visible(table)
  const names = Object.keys(seen)
  const read = new Set(expressions.flatMap(e => (e.reads ?? names).map(name => name.toLowerCase())))
  for (const [name, column] of Object.entries(table.columns))
    if (!isSeen(column) && read.has(name.toLowerCase()))
      throw new DataError(
        `The SQL reads "${name}", which holds pictures: SQL can't see them. It can see ${names.join(', ')}.`,
      )
  return names
    .filter(name => read.has(name.toLowerCase()))
    .map(name => sqlColumn(name, seen[name]!, table.schema.fields[name]))
}

function sqlColumn(
  name: string,
  column: Seen,
  field: Table['schema']['fields'][string] | undefined,
): SqlColumn {
  switch (column.kind) {
    case 'text':
      return field?.kind === 'text' && field.variants
        ? { name, type: 'VARCHAR[]', values: column.values }
        : { name, type: 'VARCHAR', values: column.values.map(texts => texts[0]!) }
    case 'category': {
      const classes = field?.kind === 'category' ? field.classes : []
      return { name, type: 'VARCHAR', values: column.values.map(at => classes[at] ?? null) }
    }
    default:
      return { name, type: column.kind === 'int' ? 'BIGINT' : 'DOUBLE', values: column.values }
  }
}
