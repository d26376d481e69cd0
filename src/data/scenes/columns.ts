import type { Field } from '../../graph/schema.ts'
import type { Column } from '../table.ts'

/** One column that is no picture: its field and its value in a row. */
export interface ColumnOf<Row> {
  readonly field: Exclude<Field, { kind: 'image' | 'frames' }>
  readonly value: (row: Row) => string | readonly string[] | number
}

/** -1 where a row has none of the classes. */
export const category = <Row>(
  classes: readonly string[],
  of: (row: Row) => string | undefined,
): ColumnOf<Row> => ({
  field: { kind: 'category', classes },
  value: row => classes.indexOf(of(row) ?? ''),
})

export const text = <Row>(
  value: (row: Row) => string | readonly string[],
  variants = false,
): ColumnOf<Row> => ({
  field: { kind: 'text', ...(variants && { variants }) },
  value,
})

export function columnOf<Row>({ field, value }: ColumnOf<Row>, rows: readonly Row[]): Column {
  const values = rows.map(value)
  return field.kind === 'text'
    ? { kind: 'text', values: values.map(v => (typeof v === 'object' ? v : [`${v}`])) }
    : { kind: field.kind, values: values as number[] }
}
