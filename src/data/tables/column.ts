import { DataError } from '../error.ts'
import type { Column, Table } from '../table.ts'

/** A column by name, or a DataError that says which there are. */
export function columnNamed(table: Table, name: string, purpose: string): Column {
  if (Object.hasOwn(table.columns, name)) return table.columns[name]!
  throw new DataError(
    `There is no column "${name}" to ${purpose}; this dataset has ${Object.keys(table.columns).join(', ')}.`,
  )
}
