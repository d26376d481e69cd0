import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatasetSchema, Field } from '../graph/schema.ts'
import { buildTable } from './build.ts'
import { verifyImage } from './decode.ts'
import { badRowsError, reason } from './error.ts'
import { type Candidate, type FolderScan, type ScanOptions, scanFolder } from './folder-scan.ts'
import { compareText, sha256 } from './hash.ts'
import { uniqueIds } from './ids.ts'
import { decodeLanes, type JobOptions, mapLanes } from './parallel.ts'
import { MAX_PICTURE_BYTES } from './read/picture.ts'
import type { BadRow, Column, ImageRef, Table } from './table.ts'

export interface FolderOptions extends ScanOptions, JobOptions {
  /** Whether bad rows are left out and reported in `Table.bad`, or stop the reading with a DataError. */
  readonly onBadRow: 'skip' | 'fail'
}

const SPLITS: ReadonlySet<string> = new Set(
  'train training validation valid val dev test testing eval'.split(' '),
)

/** The columns of a folder and about how many rows it has; reads names and captions, opens no picture. */
export async function peekFolder(options: ScanOptions): Promise<DatasetSchema> {
  const scan = await scanFolder(options)
  const fields = Object.fromEntries(columnsOf(scan).map(({ name, field }) => [name, field]))
  return { fields, rows: scan.candidates.length }
}

/**
 * Reads a person's own pictures (Hugging Face's ImageFolder): captions from `metadata.jsonl` or `metadata.csv`
 * (column `file_name`, and `text`, `caption`, `captions` or `label`), from a `.txt` file beside each picture (each
 * line a caption), or labels from class folders. Every picture is opened and decoded once, so that a broken one is
 * found now. Columns: image, caption; label (category) where there are labels; split (category) where all pictures
 * lie in folders named train, validation, test …; and metadata columns with a number, or a text, in every row.
 * Rows are in the metadata's order, else by name. Ids are the pictures' names, numbered from a picture's second row on.
 *
 * Throws DataError where the folder can't be used at all, or has bad rows and `onBadRow` is `fail`.
 */
export async function readFolder(options: FolderOptions): Promise<Table> {
  const scan = await scanFolder(options)
  const images = await openPictures(scan, options)
  const bad: BadRow[] = [...scan.bad]
  const good: number[] = []
  for (const [row, { file, where }] of scan.candidates.entries()) {
    const image = images.get(file)!
    if (typeof image === 'object') good.push(row)
    else bad.push({ where, problem: where === file ? image : `"${file}": ${image}` })
  }
  bad.sort(byPlace)
  const hint = 'Correct these rows, or set onBadRow to "skip" to leave them out.'
  if (bad.length > 0 && options.onBadRow === 'fail') throw badRowsError(`Folder ${options.path}`, bad, hint)
  if (good.length === 0) throw badRowsError(`Folder ${options.path} has no usable row`, bad, '')
  const refs = good
    .map(row => images.get(scan.candidates[row]!.file)!)
    .filter(image => typeof image === 'object')
  const columns: Record<string, Column> = {}
  const fields: Record<string, Field> = {}
  for (const { name, field, column } of columnsOf(scan)) {
    fields[name] = field
    columns[name] = column(good, refs)
  }
  return buildTable({ fields, columns, ids: uniqueIds(good.map(row => scan.candidates[row]!.file)), bad })
}

/** By file name, then by line number. */
function byPlace(a: BadRow, b: BadRow): number {
  const [, nameA = a.where, lineA = 0] = /^(.*):(\d+)$/.exec(a.where) ?? []
  const [, nameB = b.where, lineB = 0] = /^(.*):(\d+)$/.exec(b.where) ?? []
  return compareText(nameA, nameB) || Number(lineA) - Number(lineB)
}

/** Opens each picture once, however many rows name it: its reference, or what is wrong with it. */
async function openPictures(scan: FolderScan, options: JobOptions): Promise<Map<string, ImageRef | string>> {
  const names = [...new Set(scan.candidates.map(candidate => candidate.file))]
  let done = 0
  const open = async (name: string): Promise<ImageRef | string> => {
    const path = join(scan.root, name)
    try {
      const { size } = await stat(path)
      if (size > MAX_PICTURE_BYTES)
        return `this file is ${Math.round(size / 2 ** 20)} MiB: too large for a picture.`
      const bytes = await readFile(path)
      await verifyImage(bytes)
      return { path, hash: sha256(bytes) }
    } catch (error) {
      return `this picture can't be decoded: ${reason(error)}.`
    } finally {
      options.progress?.({ done: ++done, total: names.length })
    }
  }
  const opened = await mapLanes(names, decodeLanes, open, options.signal)
  return new Map(names.map((name, at) => [name, opened[at]!]))
}

interface FolderColumn {
  readonly name: string
  readonly field: Field
  /** The column over the given candidates, with their pictures. */
  readonly column: (rows: readonly number[], images: readonly ImageRef[]) => Column
}

function columnsOf(scan: FolderScan): FolderColumn[] {
  const all = scan.candidates
  const columns: FolderColumn[] = [
    { name: 'image', field: { kind: 'image' }, column: (_rows, values) => ({ kind: 'image', values }) },
    {
      name: 'caption',
      field: { kind: 'text', variants: true },
      column: rows => ({ kind: 'text', values: rows.map(row => all[row]!.captions) }),
    },
  ]
  if (all.some(candidate => candidate.label !== undefined)) {
    columns.push(categoryColumn('label', all, candidate => candidate.label))
  }
  const splitOf = ({ file }: Candidate) => file.slice(0, Math.max(0, file.indexOf('/')))
  if (all.length > 0 && all.every(candidate => SPLITS.has(splitOf(candidate).toLowerCase()))) {
    columns.push(categoryColumn('split', all, splitOf))
  }
  for (const name of scan.extraColumns) {
    const taken = columns.some(column => column.name === name)
    const extra = taken || !/^[a-z]\w*$/i.test(name) ? undefined : extraColumn(name, all)
    if (extra) columns.push(extra)
  }
  return columns
}

function categoryColumn(
  name: string,
  all: readonly Candidate[],
  of: (candidate: Candidate) => string | undefined,
): FolderColumn {
  const present = all.map(of).filter(value => value !== undefined)
  const classes = [...new Set(present)].sort(compareText)
  const at = new Map(classes.map((value, place) => [value, place]))
  return {
    name,
    field: { kind: 'category', classes },
    column: rows => ({ kind: 'category', values: rows.map(row => at.get(of(all[row]!) ?? '') ?? -1) }),
  }
}

/** A metadata column that every row has a number, or a text, in; others can't be part of a table. */
function extraColumn(name: string, all: readonly Candidate[]): FolderColumn | undefined {
  const values = all.map(candidate =>
    Object.hasOwn(candidate.values, name) ? candidate.values[name] : undefined,
  )
  const numbers = values.filter(value => typeof value === 'number')
  if (numbers.length === values.length) {
    const kind = numbers.every(Number.isSafeInteger) ? 'int' : 'float'
    return { name, field: { kind }, column: rows => ({ kind, values: rows.map(row => numbers[row]!) }) }
  }
  const texts = values.filter(value => typeof value === 'string' && value !== '').map(String)
  if (texts.length < values.length) return undefined
  const column = (rows: readonly number[]): Column => ({
    kind: 'text',
    values: rows.map(row => [texts[row]!]),
  })
  return { name, field: { kind: 'text' }, column }
}
