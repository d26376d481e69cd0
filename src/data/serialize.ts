import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from './atomic.ts'
import { DataError, systemCode } from './error.ts'
import { sha256, tableHash } from './hash.ts'
import type { Table } from './table.ts'

const number = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity', '-0']).transform(text => Number(text)),
])

const field = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('image') }),
  z.strictObject({ kind: z.literal('frames'), frames: z.int().min(1) }),
  z.strictObject({ kind: z.literal('text'), variants: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('category'), classes: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('int') }),
  z.strictObject({ kind: z.literal('float') }),
])

const part = z.union([
  z.strictObject({ offset: z.int().min(0), length: z.int().min(0) }),
  z.strictObject({ column: z.string(), row: z.int().min(0) }),
])

const picture = z.strictObject({ path: z.string(), hash: z.string(), part: part.optional() })

const column = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('image'), values: z.array(picture) }),
  z.strictObject({ kind: z.literal('frames'), values: z.array(z.array(picture).min(1)) }),
  z.strictObject({ kind: z.literal('text'), values: z.array(z.array(z.string()).min(1)) }),
  z.strictObject({ kind: z.literal('category'), values: z.array(z.int()) }),
  z.strictObject({ kind: z.literal('int'), values: z.array(number) }),
  z.strictObject({ kind: z.literal('float'), values: z.array(number) }),
])

const tableFile = z.strictObject({
  schema: z.strictObject({
    fields: z.record(z.string(), field),
    rows: z.int().optional(),
    attribution: z
      .array(z.strictObject({ name: z.string(), licence: z.string(), by: z.string() }))
      .optional(),
  }),
  rows: z.int(),
  columns: z.record(z.string(), column),
  ids: z.array(z.string()),
  hash: z.string(),
  bad: z.array(z.strictObject({ where: z.string(), problem: z.string() })),
})

const HEADER = 'diptych-table 1'

/** Writes a table as JSON under a first line with its format and SHA-256; atomic, so a reader never sees half of it. */
export async function writeTable(path: string, table: Table): Promise<void> {
  const body = JSON.stringify(table, (_key, value: unknown) =>
    typeof value === 'number' ? plainNumber(value) : value,
  )
  await writeFileAtomic(path, `${HEADER} ${sha256(body)}\n${body}\n`)
}

/** JSON has no NaN, infinities or negative zero: those go as text. */
function plainNumber(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

/** Reads what `writeTable` wrote; undefined where there is no such file. Damage of any kind is a DataError. */
export async function readTable(path: string): Promise<Table | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  const end = text.indexOf('\n')
  const body = text.slice(end + 1, -1)
  if (end < 0 || text.slice(0, end) !== `${HEADER} ${sha256(body)}`) throw damaged(path)
  const parsed = tableFile.safeParse(JSON.parse(body))
  if (!parsed.success) throw damaged(path)
  const table = parsed.data
  if (tableHash(table.schema, table.ids, table.columns) !== table.hash) throw damaged(path)
  return table
}

function damaged(path: string): DataError {
  return new DataError(`${path} is not a whole table file of this version. Delete it; it will be made again.`)
}
