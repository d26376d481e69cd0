import type { Field } from '../../graph/schema.ts'
import { buildTable } from '../build.ts'
import { badRowsError, DataError } from '../error.ts'
import { convert, Unfit } from '../read/convert.ts'
import type { BadRow, Column, Table } from '../table.ts'
import { PLACE, sqlColumns } from './columns.ts'
import { compute } from './compute.ts'
import { checkExpression, type Expression } from './expression.ts'
import { type LockedOptions, withLocked } from './locked.ts'

export interface MapOptions extends LockedOptions {
  /** Each `expression AS name`. */
  readonly select: readonly string[]
  /** The fields of the columns made, by name: what the values must be. */
  readonly fields: Readonly<Record<string, Field>>
  /** Columns to leave out. */
  readonly drop: readonly string[]
}

/** The table with columns computed by SQL, added or in the place of those of the same name. */
export async function mapTable(table: Table, options: MapOptions): Promise<Table> {
  const { select, drop } = options
  const expressions = await withLocked(async db => {
    const checked: Expression[] = []
    for (const text of select) checked.push(checkNamed(text, await checkExpression(db, text)))
    return checked
  }, options)
  const names = expressions.map(e => e.alias)
  const sql = `SELECT ${[PLACE, ...select].join(',\n')}\nFROM rows ORDER BY ${PLACE}`
  const columnsRead = sqlColumns(table, expressions)
  const made =
    select.length > 0 ? await compute({ rows: table.rows, columns: columnsRead, sql }, options) : []
  if (select.length > 0 && (made.length !== table.rows || made.some(([place], row) => place !== row)))
    throw new DataError(
      `The SQL gives ${made.length} rows for ${table.rows}: each expression must give one value a row.`,
    )
  const kept = Object.entries(table.columns).filter(([name]) => !drop.includes(name))
  const columns: Record<string, Column> = Object.fromEntries(kept)
  const fields: Record<string, Field> = Object.fromEntries(
    kept.map(([name]) => [name, table.schema.fields[name]!]),
  )
  const bad: BadRow[] = []
  for (const [at, name] of names.entries()) {
    const field = Object.hasOwn(options.fields, name) ? options.fields[name] : undefined
    if (!field || field.kind === 'image' || field.kind === 'frames')
      throw new DataError(`The SQL makes a column "${name}" that is not declared.`)
    fields[name] = field
    columns[name] = columnOf(
      field,
      made.map(row => row[at + 1]),
      (row, problem) => bad.push({ where: table.ids[row]!, problem: `"${name}" ${problem}.` }),
    )
  }
  if (bad.length > 0)
    throw badRowsError(
      'The SQL makes values that do not fit',
      bad,
      'Use coalesce(…) or a CAST, or another kind.',
    )
  return buildTable({
    fields,
    columns,
    ids: table.ids,
    bad: table.bad,
    ...(table.schema.attribution && { attribution: table.schema.attribution }),
  })
}

function checkNamed(text: string, expression: Expression): Expression {
  if (expression.alias === '') throw new DataError(`The SQL "${text}" has no name: end it with AS name.`)
  if (!expression.stars) return expression
  throw new DataError(
    'The SQL has a *, which stands for many columns. Name each column: upper(caption) AS caption.',
  )
}

function columnOf(
  field: Exclude<Field, { kind: 'image' | 'frames' }>,
  raw: readonly unknown[],
  unfit: (row: number, problem: string) => void,
): Column {
  const target = { ...field, required: false }
  const values = raw.map((value, row) => {
    const read = convert(target, value, false)
    if (!(read instanceof Unfit)) return read
    unfit(row, read.problem)
    return field.kind === 'text' ? [''] : 0
  })
  return field.kind === 'text'
    ? { kind: 'text', values: values as readonly (readonly string[])[] }
    : { kind: field.kind, values: values as readonly number[] }
}
