import type { Field } from '../../graph/schema.ts'
import { IMAGE_EXTENSIONS } from '../decode.ts'
import { badRowsError, DataError } from '../error.ts'
import { extensionOf } from '../folder-files.ts'
import { compareText } from '../hash.ts'
import type { BadRow } from '../table.ts'
import { convert, isMissing, Unfit } from './convert.ts'
import { Picture } from './picture.ts'
import { isRawRow, type RawRow, type RowSource } from './raw.ts'

/** What a column is read as. `json` is text: the value as JSON. */
export type Kind = 'image' | 'text' | 'category' | 'int' | 'float' | 'json'

/** Kinds by column name, as a person sets them; `skip` leaves a column out. */
export type KindSettings = Readonly<Record<string, Kind | 'skip'>>

/** How one column of the table comes from a row of the file. */
export interface PlanColumn {
  readonly name: string
  /** The file's own name of it. */
  readonly from: string
  /** Which of a list of pictures. */
  readonly at?: number
  readonly kind: Kind
  /** For text: a row may hold several. For categories: the classes, in order. */
  readonly variants?: boolean
  readonly classes?: readonly string[]
  /** The file holds the classes' numbers. */
  readonly numbered?: boolean
  /** A row where it is missing is a bad row. */
  readonly required: boolean
}

/** Rows that decide the columns: what comes later must fit, or is named as a bad row. */
export const SAMPLE = 1000
/** Texts that are tried as names of pictures. */
const TRIED = 20

/** A row without one of these is of no use; another column's missing text is empty. */
export const CAPTIONS: ReadonlySet<string> = new Set(
  'caption captions text texts txt sentence question'.split(' '),
)

/**
 * The columns of a source, from its first 1,000 rows: the same when peeking and when reading. Whole numbers are int
 * where no row lacks one, other numbers float, true and false a category, texts and lists of texts text, names of pictures that are there images; other
 * values are kept as JSON.
 *
 * Throws DataError where no row can be read. A category that is asked for has the classes that occur in any row, so all rows are read.
 */
export async function planColumns(
  source: RowSource,
  kinds: KindSettings,
  signal?: AbortSignal,
): Promise<readonly PlanColumn[]> {
  const settings = { ...source.kinds, ...kinds }
  const wanted = new Set(Object.keys(settings).filter(name => settings[name] === 'category'))
  const sample: RawRow[] = []
  const bad: BadRow[] = []
  const classes = new Map<string, Set<string>>()
  for await (const row of source.rows(signal)) {
    if (!isRawRow(row)) {
      if (sample.length === 0) bad.push(row)
      continue
    }
    if (sample.length < SAMPLE) sample.push(row)
    else if (wanted.size === 0) break
    for (const name of wanted) addClass(classes, name, row)
  }
  if (sample.length === 0)
    throw bad.length > 0
      ? badRowsError(`${source.what} has no usable row`, bad, '')
      : new DataError(`${source.what} has no rows.`)
  const froms = [...new Set(sample.flatMap(row => Object.keys(row.values)))]
  checkSettings(source, kinds, froms)
  // Rows that are bad anyway don't tell whether a number may be missing.
  const needed = froms.filter(
    name => CAPTIONS.has(name.toLowerCase()) || sample.some(row => ownValue(row, name) instanceof Picture),
  )
  const usable = sample.filter(row => needed.every(name => !isMissing(ownValue(row, name))))
  const plan: PlanColumn[] = []
  for (const from of froms) {
    const setting = Object.hasOwn(settings, from) ? settings[from] : undefined
    if (setting === 'skip') continue
    const values = sample.map(row => ownValue(row, from)).filter(v => !isMissing(v))
    const complete = usable.every(row => !isMissing(ownValue(row, from)))
    const made = await columnsOf(source, from, setting, values, complete, classes.get(from))
    plan.push(...made)
  }
  return named(plan)
}

/** The fields of a plan. */
export const fieldsOf = (plan: readonly PlanColumn[]): Record<string, Field> =>
  Object.fromEntries(plan.map(c => [c.name, fieldOf(c)]))

function fieldOf(c: PlanColumn): Field {
  switch (c.kind) {
    case 'text':
    case 'json':
      return { kind: 'text', ...(c.variants && { variants: true }) }
    case 'category':
      return { kind: 'category', classes: c.classes! }
    default:
      return { kind: c.kind }
  }
}

export const ownValue = (row: RawRow, name: string): unknown =>
  Object.hasOwn(row.values, name) ? row.values[name] : undefined

function addClass(classes: Map<string, Set<string>>, name: string, row: RawRow): void {
  const value = ownValue(row, name)
  if (isMissing(value)) return
  const held = classes.get(name) ?? new Set()
  classes.set(name, held)
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value)) held.add(String(value).trim())
}

function checkSettings(source: RowSource, kinds: KindSettings, froms: readonly string[]): void {
  const missing = Object.keys(kinds).find(name => !froms.includes(name))
  if (missing !== undefined)
    throw new DataError(
      `${source.what} has no column "${missing}"; it has ${froms.map(n => `"${n}"`).join(', ') || 'none'}.`,
    )
}

async function columnsOf(
  source: RowSource,
  from: string,
  setting: Kind | undefined,
  values: readonly unknown[],
  complete: boolean,
  classes: ReadonlySet<string> | undefined,
): Promise<PlanColumn[]> {
  const required = setting !== undefined || CAPTIONS.has(from.toLowerCase())
  const lists = values.some(v => Array.isArray(v) && v.length > 1)
  const one = (kind: Kind, more: Partial<PlanColumn> = {}): PlanColumn[] => [
    { name: from, from, kind, required, ...more },
  ]
  const given = source.classes && Object.hasOwn(source.classes, from) ? source.classes[from] : undefined
  if (given && (setting ?? 'category') === 'category')
    return one('category', { classes: given, numbered: true })
  if (setting === 'category') return one('category', { classes: sortClasses([...(classes ?? [])]) })
  if (setting === 'text') return one('text', { variants: lists })
  if (setting === 'image' && !lists) return one('image', { required: true })
  if (setting !== undefined && setting !== 'image') return one(setting)
  if (values.length === 0) return []
  if (values.every(v => v instanceof Picture)) return one('image', { required: true })
  if (setting === 'image' || (await namePictures(source, values))) {
    if (!values.some(Array.isArray)) return one('image', { required: true })
    const most = Math.max(...values.map(v => (Array.isArray(v) ? v.length : 1)))
    return Array.from({ length: most }, (_, at) => ({
      name: `${from}_${at + 1}`,
      from,
      at,
      kind: 'image' as const,
      required: true,
    }))
  }
  if (values.every(v => typeof v === 'boolean' || (typeof v === 'string' && /^\s*(true|false)\s*$/i.test(v))))
    return one('category', { classes: ['false', 'true'] })
  if (complete && allFit(source, 'int', values)) return one('int')
  if (allFit(source, 'float', values)) return one('float')
  const texts = values.every(v => typeof v === 'string' || v instanceof Date || isTextList(v))
  return texts ? one('text', { variants: lists }) : one('json', { required: false })
}

const isTextList = (v: unknown): v is readonly string[] =>
  Array.isArray(v) && v.length > 0 && v.every(x => typeof x === 'string')

/** Whether all values fit the kind. Texts count as numbers only where a file has nothing else. */
function allFit(source: RowSource, kind: 'int' | 'float', values: readonly unknown[]): boolean {
  return values.every(v => {
    if (typeof v === 'string' && !source.untyped) return false
    if (typeof v === 'boolean' || typeof v === 'object') return false
    return !(convert({ kind, required: true }, v, source.untyped ?? false) instanceof Unfit)
  })
}

/** Whether the values are names of pictures, of which at least one of the first is there. */
async function namePictures(source: RowSource, values: readonly unknown[]): Promise<boolean> {
  if (!source.named) return false
  const names = values.flat()
  if (!names.every(n => typeof n === 'string' && IMAGE_EXTENSIONS.has(extensionOf(n)))) return false
  for (const name of names.slice(0, TRIED) as string[])
    if ((await source.named(name)) instanceof Picture) return true
  return false
}

/** Whole numbers in their order, everything else by code point. */
function sortClasses(classes: readonly string[]): string[] {
  const numeric = classes.every(c => /^-?\d{1,15}$/.test(c))
  return [...classes].sort(numeric ? (a, b) => Number(a) - Number(b) : compareText)
}

/** Names that a table can have: letters, digits and _, beginning with a letter; each once. */
function named(plan: readonly PlanColumn[]): PlanColumn[] {
  const used = new Set<string>()
  return plan.map(column => {
    const plain = column.name.replace(/\W+/g, '_').replace(/^_+|_+$/g, '')
    const base = /^[a-z]/i.test(plain) ? plain : `column_${plain}`.replace(/_$/, '')
    let name = base
    for (let nth = 2; used.has(name); nth++) name = `${base}_${nth}`
    used.add(name)
    return { ...column, name }
  })
}
