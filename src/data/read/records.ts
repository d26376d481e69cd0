import { basename, dirname, resolve } from 'node:path'
import { DataError, reason } from '../error.ts'
import { extensionOf } from '../folder-files.ts'
import { csvRows, isRecord } from '../folder-records.ts'
import type { BadRow } from '../table.ts'
import { isMissing } from './convert.ts'
import { linesOf } from './lines.ts'
import { pictureFolder } from './named-pictures.ts'
import { openFile, type RandomFile } from './random-file.ts'
import type { RawRow, RowSource } from './raw.ts'

export interface RecordsOptions {
  /** A `.jsonl`, `.json`, `.csv` or `.tsv` file. */
  readonly path: string
  /** The folder that names of pictures start from; default: the file's own. */
  readonly images?: string
  /** Names of pictures made from columns: `images/{directory}/dev-{identifier}-0.png`. */
  readonly pictures?: readonly string[]
}

/** A file of these kinds is read whole. */
const MAX_WHOLE_BYTES = 480 * 2 ** 20
/** Columns that name a row. */
const ID_COLUMNS = ['id', 'identifier', 'uid', 'key', '__key__', 'question_id']

/** The rows of a JSON Lines, JSON, CSV or TSV file. */
export function recordsSource(options: RecordsOptions): RowSource {
  const { path, pictures = [] } = options
  const names = pictures.map((_, at) => (pictures.length > 1 ? `image_${at + 1}` : 'image'))
  const name = basename(path)
  const kind = extensionOf(path)
  const read = { done: 0, total: 0 }
  async function* rows(signal?: AbortSignal): AsyncGenerator<RawRow | BadRow> {
    const file = await openFile(path)
    read.total = file.size
    try {
      const found =
        kind === 'jsonl' || kind === 'ndjson'
          ? jsonLines(name, file, signal, bytes => {
              read.done = bytes
            })
          : wholeFile(name, kind, file)
      for await (const row of found) yield 'values' in row ? withPictures(withId(row), pictures, names) : row
    } finally {
      await file.close()
    }
  }
  return {
    what: `File ${name}`,
    rows,
    place: () => ({ ...read }),
    named: pictureFolder(resolve(options.images ?? dirname(path))),
    kinds: Object.fromEntries(names.map(column => [column, 'image' as const])),
    untyped: kind === 'csv' || kind === 'tsv',
  }
}

async function* jsonLines(
  name: string,
  file: RandomFile,
  signal: AbortSignal | undefined,
  advance: (bytes: number) => void,
): AsyncGenerator<RawRow | BadRow> {
  for await (const line of linesOf(file, signal, advance)) {
    const where = `${name}:${line.number}`
    if ('problem' in line) yield { where, problem: line.problem }
    else if (line.text.trim() !== '') yield jsonRow(where, line.text)
  }
}

function jsonRow(where: string, text: string): RawRow | BadRow {
  try {
    const values: unknown = JSON.parse(text)
    if (isRecord(values)) return { where, values }
    return { where, problem: 'this line is JSON but no object: {"image": …, "text": …}.' }
  } catch (error) {
    return { where, problem: `this line is not JSON: ${reason(error)}.` }
  }
}

async function* wholeFile(name: string, kind: string, file: RandomFile): AsyncGenerator<RawRow | BadRow> {
  if (kind !== 'json' && kind !== 'csv' && kind !== 'tsv')
    throw new DataError(`${name}: only .jsonl, .json, .csv and .tsv files can be read here.`)
  if (file.size > MAX_WHOLE_BYTES)
    throw new DataError(
      `${name} has ${Math.round(file.size / 2 ** 20)} MiB. Save it as .jsonl, which is streamed.`,
    )
  const bytes = await file.read(0, file.size)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new DataError(`${name} is not UTF-8 text. Save it as UTF-8.`)
  }
  if (kind === 'json') yield* jsonList(name, text)
  else {
    const bad: BadRow[] = []
    yield* csvRows(name, text, bad, kind === 'tsv' ? '\t' : ',')
    yield* bad
  }
}

function* jsonList(name: string, text: string): Generator<RawRow | BadRow> {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch (error) {
    throw new DataError(
      `${name} is not JSON: ${reason(error)}. A file with an object a line is called .jsonl.`,
    )
  }
  if (!Array.isArray(list))
    throw new DataError(`${name} holds no list of objects: [{"image": …, "text": …}].`)
  for (const [at, values] of list.entries()) {
    const where = `${name}: row ${at + 1}`
    if (isRecord(values)) yield { where, values }
    else yield { where, problem: 'this row is no object: {"image": …, "text": …}.' }
  }
}

function withId(row: RawRow): RawRow {
  const own = ID_COLUMNS.find(name => Object.hasOwn(row.values, name) && isName(row.values[name]))
  return own === undefined ? row : { ...row, id: String(row.values[own]) }
}

const isName = (v: unknown): boolean => (typeof v === 'string' || typeof v === 'number') && !isMissing(v)

/** Adds `image`, or `image_1`, `image_2` …, with names made from the row's other columns. */
function withPictures(row: RawRow, templates: readonly string[], names: readonly string[]): RawRow {
  if (templates.length === 0) return row
  const fill = (template: string) =>
    template.replace(/\{(\w+)\}/g, (_, name: string) =>
      Object.hasOwn(row.values, name) ? String(row.values[name]) : `{${name}}`,
    )
  const made = templates.map((template, at) => [names[at]!, fill(template)])
  return { ...row, values: { ...row.values, ...Object.fromEntries(made) } }
}
