import { DataError } from './error.ts'
import {
  extensionOf,
  type FolderFiles,
  folderOf,
  listFolder,
  type NameLookup,
  nameLookup,
  picturesOf,
  resolveName,
} from './folder-files.ts'
import { type MetadataFile, type MetadataRecord, readMetadata, readText } from './folder-records.ts'
import type { BadRow } from './table.ts'

/** A row as its folder tells it, before its picture was opened. */
export interface Candidate {
  /** The picture's name inside the folder. */
  readonly file: string
  readonly where: string
  readonly captions: readonly string[]
  readonly label?: string
  /** Other columns of a metadata file. */
  readonly values: Readonly<Record<string, unknown>>
}

export interface FolderScan {
  readonly root: string
  readonly candidates: readonly Candidate[]
  /** Columns of metadata files beside the file, its captions and its label. */
  readonly extraColumns: readonly string[]
  readonly bad: readonly BadRow[]
}

export interface ScanOptions {
  readonly path: string
  /** A metadata file by name, `.jsonl` or `.csv`; default: every `metadata.jsonl` and `metadata.csv` found. */
  readonly metadata?: string
  /** Which metadata column holds the captions, or `label` to make them from the label; default `auto`. */
  readonly captions?: string
  /** What a caption made from a label says; default "a photo of a {label}". */
  readonly template?: string
  readonly signal?: AbortSignal
}

const FILE_COLUMNS = ['file_name', 'image', 'file', 'filename', 'path', 'image_path']
const CAPTION_COLUMNS = ['captions', 'caption', 'text', 'texts']
const LABEL_COLUMNS = ['label', 'class', 'category']
/** Text files that commonly lie beside pictures and are nobody's caption. */
const NO_CAPTIONS = /^(readme|licen[cs]e|notice|source|credits?|classes|labels?|copyright)$/i

/** Finds out what a folder holds (metadata, sidecar texts or class folders) and its rows, without opening pictures. */
export async function scanFolder(options: ScanOptions): Promise<FolderScan> {
  const files = await listFolder(options.path, options.signal)
  const listed = files.names.filter(name => /(^|\/)metadata\.(jsonl|csv)$/.test(name))
  if (options.metadata !== undefined || listed.length > 0) return scanMetadata(files, listed, options)
  const { pictures, bad } = picturesOf(files)
  if (pictures.length === 0) {
    throw new DataError(`${options.path} has no pictures. JPEG, PNG, WebP, GIF and TIFF files can be read.`)
  }
  const texts = sidecars(files, pictures)
  const found =
    texts.beside.size > 0
      ? await scanSidecars(files, pictures, texts, options)
      : scanClasses(pictures, options)
  return { root: files.root, extraColumns: [], ...found, bad: [...bad, ...found.bad] }
}

async function scanMetadata(
  files: FolderFiles,
  listed: readonly string[],
  options: ScanOptions,
): Promise<FolderScan> {
  const lookup = nameLookup(files)
  const named = options.metadata === undefined ? listed : [metadataName(files, lookup, options.metadata)]
  const read: MetadataFile[] = []
  for (const name of named) read.push(await readMetadata(files.root, name))
  const columns = [...new Set(read.flatMap(file => file.columns))]
  const place = named.join(', ')
  const fileColumn = columnFor(columns, FILE_COLUMNS)
  if (fileColumn === undefined) {
    throw new DataError(`${place} has no column "file_name" (or "image"); ${has(columns)}.`)
  }
  const labelColumn = columnFor(columns, LABEL_COLUMNS)
  const captionColumn = captionsFrom(columns, labelColumn, place, options.captions ?? 'auto')
  const bad: BadRow[] = read.flatMap(file => file.bad)
  const candidates: Candidate[] = []
  const mentioned = new Set<string>()
  for (const record of read.flatMap(file => file.records)) {
    const name = own(record, fileColumn)
    const found =
      typeof name === 'string' && name.trim() !== ''
        ? resolveName(files, lookup, record.folder, name.trim())
        : { problem: `"${fileColumn}" names no file.` }
    if ('problem' in found) {
      bad.push({ where: record.where, problem: found.problem })
      continue
    }
    const { file } = found
    mentioned.add(file)
    const label = labelColumn === undefined ? undefined : labelText(own(record, labelColumn))
    const captions =
      captionColumn === undefined
        ? labelCaption(label, options.template)
        : captionTexts(own(record, captionColumn))
    if (captions.length > 0)
      candidates.push({ file, where: record.where, captions, label, values: record.values })
    else {
      const problem = `"${captionColumn ?? labelColumn}" holds no text, so this picture (${file}) has no caption.`
      bad.push({ where: record.where, problem })
    }
  }
  if (options.metadata === undefined) bad.push(...unlisted(files, mentioned))
  const used = new Set([fileColumn, captionColumn, labelColumn])
  return { root: files.root, candidates, extraColumns: columns.filter(column => !used.has(column)), bad }
}

/** Pictures that lie in a folder with metadata, but that no row names. */
function unlisted(files: FolderFiles, named: ReadonlySet<string>): BadRow[] {
  return picturesOf(files)
    .pictures.filter(name => !named.has(name))
    .map(where => ({ where, problem: 'no row of the metadata names this picture, so it has no caption.' }))
}

interface Sidecars {
  /** The text file of a picture, by the picture's name. */
  readonly beside: ReadonlyMap<string, string>
  /** Text files in a folder of pictures that belong to none. */
  readonly alone: readonly string[]
}

function sidecars(files: FolderFiles, pictures: readonly string[]): Sidecars {
  const texts = new Map<string, string>()
  for (const name of files.names) if (extensionOf(name) === 'txt') texts.set(stem(name), name)
  const beside = new Map<string, string>()
  for (const picture of pictures) {
    const text = texts.get(stem(picture))
    if (text !== undefined) beside.set(picture, text)
  }
  const used = new Set(beside.values())
  const folders = new Set(pictures.map(folderOf))
  const alone = [...texts.values()].filter(
    name =>
      !used.has(name) && folders.has(folderOf(name)) && !NO_CAPTIONS.test(stem(name).split('/').at(-1)!),
  )
  return { beside, alone }
}

async function scanSidecars(
  files: FolderFiles,
  pictures: readonly string[],
  texts: Sidecars,
  { signal }: ScanOptions,
) {
  const bad: BadRow[] = texts.alone.map(where => ({
    where,
    problem: 'a caption for a picture that is not there: no picture has this name.',
  }))
  const candidates: Candidate[] = []
  for (const file of pictures) {
    signal?.throwIfAborted()
    const name = texts.beside.get(file)
    if (name === undefined) {
      bad.push({ where: file, problem: `there is no caption file "${stem(file)}.txt" beside this picture.` })
      continue
    }
    const read = await readText(files.root, name)
    const captions = 'text' in read ? captionTexts(read.text.split('\n')) : []
    if (captions.length > 0) candidates.push({ file, where: file, captions, values: {} })
    else {
      const problem = 'problem' in read ? read.problem : `this caption is empty, so ${file} has none.`
      bad.push({ where: name, problem })
    }
  }
  return { candidates, bad }
}

function scanClasses(pictures: readonly string[], options: ScanOptions) {
  const inClasses = pictures.filter(file => file.includes('/'))
  if (inClasses.length === 0) {
    throw new DataError(
      `${options.path} has pictures but no captions. Add a metadata.jsonl with lines like ` +
        `{"file_name": "${pictures[0]}", "text": "what it shows"}, a .txt file beside each picture, ` +
        'or put the pictures into one folder for each class.',
    )
  }
  const bad: BadRow[] = pictures
    .filter(file => !file.includes('/'))
    .map(where => ({ where, problem: 'this picture lies in no class folder, so it has no label.' }))
  const candidates = inClasses.map((file): Candidate => {
    const label = folderOf(file).split('/').at(-1)!
    return { file, where: file, label, captions: labelCaption(label, options.template), values: {} }
  })
  return { candidates, bad }
}

function metadataName(files: FolderFiles, lookup: NameLookup, name: string): string {
  if (!/\.(jsonl|csv)$/i.test(name)) {
    throw new DataError(`The metadata file "${name}" must be a .jsonl or a .csv file.`)
  }
  const found = resolveName(files, lookup, '', name)
  if ('file' in found) return found.file
  throw new DataError(`The metadata file: ${found.problem}`)
}

function columnFor(columns: readonly string[], known: readonly string[]): string | undefined {
  return known.find(name => columns.includes(name))
}

/** The caption column, or undefined where captions come from the label. */
function captionsFrom(
  columns: readonly string[],
  labelColumn: string | undefined,
  place: string,
  wish: string,
): string | undefined {
  const asked = columns.includes(wish) && wish !== labelColumn ? wish : undefined
  const column = wish === 'auto' ? columnFor(columns, CAPTION_COLUMNS) : asked
  if (column !== undefined) return column
  if (labelColumn !== undefined && (wish === 'auto' || wish === 'label' || wish === labelColumn))
    return undefined
  const wanted = wish === 'auto' ? '"text", "caption", "captions" or "label"' : `"${wish}"`
  throw new DataError(`${place} has no column ${wanted}; ${has(columns)}.`)
}

function has(columns: readonly string[]): string {
  return columns.length === 0 ? 'it has none' : `it has ${columns.map(column => `"${column}"`).join(', ')}`
}

function own(record: MetadataRecord, column: string): unknown {
  return Object.hasOwn(record.values, column) ? record.values[column] : undefined
}

/** The texts of a caption, or of a list of them, without empty ones and outer spaces. */
function captionTexts(value: unknown): string[] {
  return [value]
    .flat()
    .filter(text => typeof text === 'string')
    .map(text => text.trim())
    .filter(text => text !== '')
}

function labelText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

function labelCaption(label: string | undefined, template = 'a photo of a {label}'): string[] {
  return label === undefined ? [] : [template.replaceAll('{label}', () => label.replaceAll('_', ' '))]
}

function stem(name: string): string {
  const extension = extensionOf(name)
  return extension === '' ? name : name.slice(0, -extension.length - 1)
}
