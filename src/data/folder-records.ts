import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CsvError, parse } from 'csv-parse/sync'
import { DataError, reason } from './error.ts'
import { extensionOf, folderOf } from './folder-files.ts'
import type { BadRow } from './table.ts'

/** One row of a metadata file. */
export interface MetadataRecord {
  /** `metadata.jsonl:12`, counting lines from 1. */
  readonly where: string
  /** The folder of the metadata file, which its file names are relative to. */
  readonly folder: string
  readonly values: Readonly<Record<string, unknown>>
}

export interface MetadataFile {
  readonly records: readonly MetadataRecord[]
  /** All columns, in the order they first appear. */
  readonly columns: readonly string[]
  readonly bad: readonly BadRow[]
}

/** Reads a `.jsonl` or `.csv` metadata file of a folder; lines that can't be read are reported by number. */
export async function readMetadata(root: string, name: string): Promise<MetadataFile> {
  const read = await readText(root, name)
  if ('problem' in read) throw new DataError(`${name}: ${read.problem}`)
  const { text } = read
  const bad: BadRow[] = []
  const rows = extensionOf(name) === 'csv' ? csvRows(name, text, bad) : jsonRows(name, text, bad)
  const folder = folderOf(name)
  const columns = new Set<string>()
  for (const { values } of rows) for (const column of Object.keys(values)) columns.add(column)
  return { records: rows.map(row => ({ ...row, folder })), columns: [...columns], bad }
}

/** A text file in UTF-8, with or without a byte order mark; or why it can't be read. */
export async function readText(root: string, name: string): Promise<{ text: string } | { problem: string }> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(join(root, name))
  } catch (error) {
    return { problem: `this file can't be read: ${reason(error)}.` }
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { problem: 'this file is not UTF-8 text. Save it as UTF-8.' }
  }
}

type Row = Omit<MetadataRecord, 'folder'>

function jsonRows(name: string, text: string, bad: BadRow[]): Row[] {
  const rows: Row[] = []
  for (const [place, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `${name}:${place + 1}`
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (error) {
      bad.push({ where, problem: `this line is not JSON: ${reason(error)}.` })
      continue
    }
    if (isRecord(value)) rows.push({ where, values: value })
    else bad.push({ where, problem: 'this line is JSON but no object: {"file_name": …, "text": …}.' })
  }
  return rows
}

/** The rows of a text in CSV, whose first row names the columns; rows that can't be read go to `bad`. */
export function csvRows(name: string, text: string, bad: BadRow[], delimiter = ','): Row[] {
  const found: { readonly fields: string[]; readonly line: number }[] = []
  // The parser counts a line break of two characters inside quotes as two lines.
  parse(text.replaceAll('\r\n', '\n'), {
    delimiter,
    // A tab-separated text has no quotes: they stand for themselves.
    quote: delimiter === '\t' ? null : '"',
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      const line = typeof error?.lines === 'number' ? `:${error.lines}` : ''
      bad.push({ where: `${name}${line}`, problem: `this row is not CSV: ${reason(error)}.` })
      return undefined
    },
    on_record: (fields: string[], info: { readonly lines: number }) => {
      found.push({ fields, line: info.lines })
      return null
    },
  })
  const [header, ...body] = found
  if (!header) throw new DataError(`${name} is empty. Its first row must name the columns: file_name,text.`)
  const columns = header.fields.map(column => column.trim())
  const twice = columns.find((column, at) => columns.indexOf(column) < at)
  if (twice !== undefined)
    throw new DataError(`${name}: two columns are called "${twice}". Rename one of them.`)
  const rows: Row[] = []
  for (const { fields, line } of body) {
    const where = `${name}:${line}`
    if (fields.length === columns.length) {
      rows.push({ where, values: Object.fromEntries(columns.map((column, at) => [column, fields[at]])) })
    } else {
      const problem = `this row has ${fields.length} fields where the first row names ${columns.length}.`
      bad.push({ where, problem: `${problem} A text with a comma needs "quotes".` })
    }
  }
  return rows
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
