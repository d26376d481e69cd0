import type { Field } from '../../graph/schema.ts'
import { buildTable, permuteColumn } from '../build.ts'
import { uniqueIds } from '../ids.ts'
import type { Column, Table } from '../table.ts'
import { contentOf } from './chance.ts'
import { attributionOf } from './concatenate.ts'

export interface JoinOptions {
  readonly keys: readonly string[]
  /** Whether left rows without a match are kept. */
  readonly kind: 'inner' | 'left'
  /** The columns of the result. */
  readonly fields: Readonly<Record<string, Field>>
  /** What right columns are called in it. */
  readonly names: Readonly<Record<string, string>>
}

/**
 * Rows of two tables whose keys are equal, in the left table's order: a left row comes once for each match. Keys are
 * compared by what they say: a category by its class's name, a text by its first variant, a picture by its content;
 * NaN and no class equal nothing. A left join keeps rows without a match, with empty texts, NaN and no class.
 *
 * A row with one match keeps its left id; with several, each gets the right row's id after it.
 */
export function joinTables(left: Table, right: Table, options: JoinOptions): Table {
  const { fields, names } = options
  const matches = new Map<string, number[]>()
  for (let row = 0; row < right.rows; row++) {
    const key = keyOf(right, options.keys, row)
    if (key === undefined) continue
    const held = matches.get(key)
    if (held) held.push(row)
    else matches.set(key, [row])
  }
  const from: number[] = []
  const to: number[] = []
  const ids: string[] = []
  for (let row = 0; row < left.rows; row++) {
    const key = keyOf(left, options.keys, row)
    const found = (key === undefined ? undefined : matches.get(key)) ?? (options.kind === 'left' ? [-1] : [])
    for (const other of found) {
      from.push(row)
      to.push(other)
      ids.push(found.length > 1 ? `${left.ids[row]}+${right.ids[other]}` : left.ids[row]!)
    }
  }
  const columns: Record<string, Column> = {}
  for (const [name, column] of Object.entries(left.columns)) columns[name] = permuteColumn(column, from)
  for (const [name, free] of Object.entries(names))
    columns[free] = picked(right.columns[name]!, fields[free]!, to)
  const attribution = attributionOf([left, right])
  return buildTable({
    fields,
    columns,
    ids: uniqueIds(ids),
    bad: [...left.bad, ...right.bad],
    ...(attribution.length > 0 && { attribution }),
  })
}

/** The keys of a row as one text; undefined where one of them is nothing. */
function keyOf(table: Table, keys: readonly string[], row: number): string | undefined {
  const parts: (string | number)[] = []
  for (const key of keys) {
    const part = partOf(table.columns[key]!, table.schema.fields[key]!, row)
    if (part === undefined) return undefined
    parts.push(part)
  }
  return JSON.stringify(parts)
}

function partOf(column: Column, field: Field, row: number): string | number | undefined {
  switch (column.kind) {
    case 'image':
    case 'frames':
      return contentOf(column, row)
    case 'text':
      return column.values[row]![0]
    case 'category':
      return field.kind === 'category' ? field.classes[column.values[row]!] : undefined
    default:
      return Number.isNaN(column.values[row]!) ? undefined : column.values[row]! + 0
  }
}

/** The column's rows, and nothing where the row is -1. */
function picked(column: Column, field: Field, rows: readonly number[]): Column {
  switch (column.kind) {
    case 'image':
    case 'frames':
      return permuteColumn(column, rows)
    case 'text':
      return { kind: 'text', values: rows.map(row => (row < 0 ? [''] : column.values[row]!)) }
    case 'category':
      return { kind: 'category', values: rows.map(row => (row < 0 ? -1 : column.values[row]!)) }
    default:
      return {
        kind: field.kind === 'int' ? 'int' : 'float',
        values: rows.map(row => (row < 0 ? Number.NaN : column.values[row]!)),
      }
  }
}
