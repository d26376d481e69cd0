import type { Attribution, Field } from '../../graph/schema.ts'
import { buildTable } from '../build.ts'
import { uniqueIds } from '../ids.ts'
import type { Column, Table } from '../table.ts'

/**
 * The rows of all tables, one table after the other, with the given fields: columns that all of them have, and
 * categories with the classes of all. An id that occurred before gets a number.
 */
export function concatenateTables(tables: readonly Table[], fields: Readonly<Record<string, Field>>): Table {
  const columns = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, joined(name, field, tables)]),
  )
  const attribution = attributionOf(tables)
  return buildTable({
    fields,
    columns,
    ids: uniqueIds(tables.flatMap(t => t.ids)),
    bad: tables.flatMap(t => t.bad),
    ...(attribution.length > 0 && { attribution }),
  })
}

/** Everyone whose data is in one of the tables, once. */
export function attributionOf(tables: readonly Table[]): readonly Attribution[] {
  const all = tables.flatMap(t => t.schema.attribution ?? [])
  return [...new Map(all.map(a => [JSON.stringify([a.name, a.licence, a.by]), a])).values()]
}

function joined(name: string, field: Field, tables: readonly Table[]): Column {
  const columns = tables.map(t => t.columns[name]!)
  switch (field.kind) {
    case 'image':
      return { kind: 'image', values: columns.flatMap(c => (c.kind === 'image' ? c.values : [])) }
    case 'frames':
      return { kind: 'frames', values: columns.flatMap(c => (c.kind === 'frames' ? c.values : [])) }
    case 'text':
      return { kind: 'text', values: columns.flatMap(c => (c.kind === 'text' ? c.values : [])) }
    case 'category': {
      const at = new Map(field.classes.map((value, place) => [value, place]))
      const values = tables.flatMap(t => {
        const own = t.schema.fields[name] as Extract<Field, { kind: 'category' }>
        const column = t.columns[name] as Extract<Column, { kind: 'category' }>
        return column.values.map(value => (value < 0 ? -1 : at.get(own.classes[value]!)!))
      })
      return { kind: 'category', values }
    }
    default:
      return { kind: field.kind, values: columns.flatMap(c => c.values as readonly number[]) }
  }
}
