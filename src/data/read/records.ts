import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { DataError, reason, systemCode } from '../error.ts'
import { extensionOf } from '../folder-files.ts'
import { csvRows, isRecord } from '../folder-records.ts'
import type { BadRow } from '../table.ts'
import { expandBraces } from './braces.ts'
import { isMissing } from './convert.ts'
import { linesOf } from './lines.ts'
import { pictureFolder } from './named-pictures.ts'
import { openFile, type RandomFile } from './random-file.ts'
import type { RawRow, RowSource } from './raw.ts'

export interface RecordsOptions {
  /** A `.jsonl`, `.json`, `.csv` or `.tsv` file; with braces, several: `{add_att,swap_obj}.json`. */
  readonly path: string
  /** The folder that names of pictures start from; default: the file's own. */
  readonly images?: string
  /** Names of pictures made from columns: `images/{directory}/dev-{identifier}-0.png`. */
  readonly pictures?: readonly string[]
  /** A column that says which file a row is of, by its name without extension. */
  readonly file?: string
  /** Where the files come from: said where one is missing. */
  readonly origin?: string
}

/** A file of these kinds is read whole. */
const MAX_WHOLE_BYTES = 480 * 2 ** 20
/** Columns that name a row. */
const ID_COLUMNS = ['id', 'identifier', 'uid', 'key', '__key__', 'question_id']

/** The rows of JSON Lines, JSON, CSV or TSV files, one file after another. */
export function recordsSource(options: RecordsOptions): RowSource {
  const { path, pictures = [], file: fileColumn } = options
  const paths = expandBraces(path)
  const names = pictures.map((_, at) => (pictures.length > 1 ? `image_${at + 1}` : 'image'))
  const [kind, ...others] = new Set(paths.map(extensionOf))
  if (others.length > 0)
    throw new DataError(
      `${basename(path)}: .${[kind, ...others].join(', .')} files can't be read as one table.`,
    )
  const read = { done: 0, total: 0 }
  async function* rows(signal?: AbortSignal): AsyncGenerator<RawRow | BadRow> {
    read.total = 0
    const files: RandomFile[] = []
    try {
      // Before any is read, so that a person is told at once of all that is missing.
      await refuseMissing(options, paths)
      for (const one of paths) files.push(await openFile(one))
      read.total = files.reduce((sum, f) => sum + f.size, 0)
      let before = 0
      for (const [at, file] of files.entries()) {
        const stem = stemOf(paths[at]!)
        const advance = (bytes: number) => {
          read.done = before + bytes
        }
        for await (const row of rowsOf(file, basename(paths[at]!), kind!, signal, advance)) {
          if (!('values' in row)) yield row
          else {
            const told = withId(row, files.length > 1 ? `${stem}/` : '')
            yield withPictures(fileColumn ? withFile(told, fileColumn, stem) : told, pictures, names)
          }
        }
        before += file.size
      }
    } finally {
      for (const file of files) await file.close()
    }
  }
  return {
    what: paths.length > 1 ? `Files ${basename(path)}` : `File ${basename(path)}`,
    rows,
    place: () => ({ ...read }),
    named: pictureFolder(resolve(options.images ?? dirname(path))),
    kinds: {
      ...Object.fromEntries(names.map(column => [column, 'image' as const])),
      ...(fileColumn !== undefined && { [fileColumn]: 'category' as const }),
    },
    untyped: kind === 'csv' || kind === 'tsv',
  }
}

/** Files and a folder of pictures that are not there are named together, with where they come from. */
async function refuseMissing({ images, origin }: RecordsOptions, paths: readonly string[]): Promise<void> {
  const isMissing = (path: string) =>
    stat(path).then(
      () => false,
      error => systemCode(error) === 'ENOENT',
    )
  const missing: string[] = []
  for (const path of paths) if (await isMissing(path)) missing.push(path)
  const [first, ...others] = missing
  const gone: string[] = []
  if (first !== undefined)
    gone.push(
      others.length === 0
        ? `no file ${first}`
        : `no ${missing.map(path => basename(path)).join(', ')} in ${dirname(first)}`,
    )
  if (images !== undefined && (await isMissing(images))) gone.push(`no folder ${images} of pictures`)
  if (gone.length > 0)
    throw new DataError(`There is ${gone.join(', and ')}.${origin ? ` Where to get them: ${origin}` : ''}`)
}

const rowsOf = (
  file: RandomFile,
  name: string,
  kind: string,
  signal: AbortSignal | undefined,
  advance: (bytes: number) => void,
): AsyncGenerator<RawRow | BadRow> =>
  kind === 'jsonl' || kind === 'ndjson'
    ? jsonLines(name, file, signal, advance)
    : wholeFile(name, kind, file, signal, advance)

/** A file's name without folder and extension. */
const stemOf = (path: string): string => basename(path).replace(/\.[^.]*$/, '')

/** Adds the column of the file's name. */
function withFile(row: RawRow, column: string, stem: string): RawRow {
  if (Object.hasOwn(row.values, column))
    throw new DataError(
      `${row.where} has a column "${column}" already. Give the column of the files' names another name.`,
    )
  return { ...row, values: { ...row.values, [column]: stem } }
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

async function* wholeFile(
  name: string,
  kind: string,
  file: RandomFile,
  signal: AbortSignal | undefined,
  advance: (bytes: number) => void,
): AsyncGenerator<RawRow | BadRow> {
  // NLVR publishes lines of JSON in files that are called .json.
  if (kind === 'json' && (await firstLineIsObject(file, signal))) {
    yield* jsonLines(name, file, signal, advance)
    return
  }
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

/** Whether a file's first line is a JSON object by itself, with more lines behind it. */
async function firstLineIsObject(file: RandomFile, signal?: AbortSignal): Promise<boolean> {
  for await (const line of linesOf(file, signal, () => {})) {
    if ('problem' in line) return false
    if (line.text.trim() === '') continue
    return !('problem' in jsonRow('', line.text)) && file.size > Buffer.byteLength(line.text) + 2
  }
  return false
}

/** The rows of a list of objects, or of an object of objects: SugarCrepe's `{"0": {…}, "1": {…}}`. */
function* jsonList(name: string, text: string): Generator<RawRow | BadRow> {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch (error) {
    throw new DataError(
      `${name} is not JSON: ${reason(error)}. A file with an object a line is called .jsonl.`,
    )
  }
  const rows = Array.isArray(found) ? [...found.entries()] : keyedRows(found)
  if (!rows)
    throw new DataError(
      `${name} holds no list of objects, [{"image": …, "text": …}], and no object of them, {"0": {"image": …}}.`,
    )
  for (const [at, values] of rows) {
    const where = `${name}: ${typeof at === 'number' ? `row ${at + 1}` : JSON.stringify(at)}`
    if (isRecord(values)) yield { where, values, ...(typeof at === 'string' && { id: at }) }
    else yield { where, problem: 'this row is no object: {"image": …, "text": …}.' }
  }
}

function keyedRows(found: unknown): [string, unknown][] | undefined {
  if (!isRecord(found)) return undefined
  const entries = Object.entries(found)
  return isRecord(entries[0]?.[1]) ? entries : undefined
}

/** Ids of several files are told apart by the file's name. */
function withId(row: RawRow, prefix: string): RawRow {
  const own = ID_COLUMNS.find(name => Object.hasOwn(row.values, name) && isName(row.values[name]))
  const id = own === undefined ? row.id : String(row.values[own])
  return id === undefined ? row : { ...row, id: prefix + id }
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
