import { createHash } from 'node:crypto'
import type { DatasetSchema } from '../graph/schema.ts'
import type { Column } from './table.ts'

/** SHA-256 in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/**
 * JSON with sorted keys and no spaces: equal values give equal text, whatever order their keys were set in.
 * Numbers that JSON cannot say (NaN, infinities) are written as strings in a tagged form, so that they stay apart.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return '{"$number":"-0"}'
    return Number.isFinite(value) ? JSON.stringify(value) : `{"$number":"${value}"}`
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`canonicalJson: a ${typeof value} has no JSON form`)
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => compareText(a, b))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

/** SHA-256 of the canonical JSON of a value, in hex. */
export function hashOf(value: unknown): string {
  return sha256(canonicalJson(value))
}

/** Orders texts by code point: the same on every machine and in every locale. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return pointOrder(x) - pointOrder(y)
  }
  return a.length - b.length
}

/** Lifts surrogates above the rest of the 16-bit units, so that unit order equals code point order. */
function pointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** Content hash of a table: schema, ids, columns; of a picture its hash, never its path. */
export function tableHash(
  schema: DatasetSchema,
  ids: readonly string[],
  columns: Readonly<Record<string, Column>>,
): string {
  const hash = createHash('sha256')
  hash.update('diptych-table-1\n')
  hash.update(canonicalJson({ fields: schema.fields, attribution: schema.attribution ?? [] }))
  hash.update(`\n${canonicalJson(ids)}`)
  for (const name of Object.keys(columns).sort(compareText)) {
    const column = columns[name]!
    hash.update(`\n${canonicalJson([name, column.kind, contentsOf(column)])}`)
  }
  return hash.digest('hex')
}

function contentsOf(column: Column): unknown {
  switch (column.kind) {
    case 'image':
      return column.values.map(image => image.hash)
    case 'frames':
      return column.values.map(frames => frames.map(image => image.hash))
    default:
      return column.values
  }
}
