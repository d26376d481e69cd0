import { Picture } from './picture.ts'

/** Why a value does not fit its column. */
export class Unfit {
  readonly problem: string
  constructor(problem: string) {
    this.problem = problem
  }
}

/** What of a column decides how its values are read. */
interface Target {
  readonly kind: 'image' | 'text' | 'category' | 'int' | 'float' | 'json'
  readonly variants?: boolean
  readonly classes?: readonly string[]
  /** The file holds the classes' numbers. */
  readonly numbered?: boolean
  readonly required: boolean
}

/** Characters of a value that a message shows. */
const SHOWN = 60
/** The device computes with 32-bit floats. */
const MAX_FLOAT = 3.4028234663852886e38

/** Whether there is nothing: null, an empty text, an empty list. */
export const isMissing = (v: unknown): boolean =>
  v === undefined ||
  v === null ||
  (typeof v === 'string' && v.trim() === '') ||
  (Array.isArray(v) && v.every(isMissing))

/** A value as its column holds it; not for pictures. `untyped`: texts may be numbers. */
export function convert(to: Target, raw: unknown, untyped: boolean): readonly string[] | number | Unfit {
  const value = raw instanceof Date ? timeText(raw) : raw
  if (isMissing(value)) return missing(to)
  switch (to.kind) {
    case 'text':
      return texts(to, value)
    case 'json':
      return [typeof value === 'string' || typeof value === 'bigint' ? String(value) : json(value)]
    case 'category':
      return to.numbered ? classNumber(to.classes!, value) : category(to.classes!, value)
    case 'int':
      return int(value, untyped)
    case 'float':
      return float(value, untyped)
    case 'image':
      return new Unfit(`is ${show(value)}, not a picture`)
  }
}

/** A time as ISO 8601, or nothing where it is none. */
const timeText = (time: Date): string | undefined =>
  Number.isNaN(time.getTime()) ? undefined : time.toISOString()

function missing(to: Target): readonly string[] | number | Unfit {
  if (to.required || to.kind === 'image') return new Unfit('is missing or empty')
  if (to.kind === 'int')
    return new Unfit('is missing, which a column of whole numbers can’t say. Set its kind to "float"')
  if (to.kind === 'category') return -1
  return to.kind === 'float' ? Number.NaN : ['']
}

function texts(to: Target, value: unknown): readonly string[] | Unfit {
  if (Array.isArray(value)) {
    const all = value.filter(v => !isMissing(v))
    const unfit = all.find(v => !isPlain(v))
    if (unfit !== undefined) return new Unfit(`holds ${show(unfit)}, not a text`)
    if (all.length > 1 && !to.variants)
      return new Unfit(`holds ${all.length} texts, where the first rows have one each`)
    return all.map(v => String(v).trim())
  }
  if (!isPlain(value)) return new Unfit(`is ${show(value)}, not a text. Set its kind to "json" to keep it`)
  return [String(value).trim()]
}

function category(classes: readonly string[], value: unknown): number | Unfit {
  const exact = isPlain(value) ? classes.indexOf(String(value).trim()) : -1
  if (exact >= 0) return exact
  // True and TRUE are the class "true".
  const lower = typeof value === 'string' ? classes.indexOf(value.trim().toLowerCase()) : -1
  return lower >= 0 ? lower : new Unfit(`is ${show(value)}, which is none of its ${classes.length} classes`)
}

/** -1 is no class, as Hugging Face has it. */
function classNumber(classes: readonly string[], value: unknown): number | Unfit {
  const at = typeof value === 'bigint' ? Number(value) : value
  if (typeof at === 'number' && Number.isInteger(at) && at >= -1 && at < classes.length) return at
  return new Unfit(`is ${show(value)}, not the number of one of its ${classes.length} classes`)
}

function int(value: unknown, untyped: boolean): number | Unfit {
  const number =
    untyped && typeof value === 'string' && /^[+-]?\d+$/.test(value.trim())
      ? Number(value)
      : typeof value === 'bigint'
        ? Number(value)
        : value
  if (typeof number !== 'number' || !Number.isInteger(number))
    return new Unfit(`is ${show(value)}, not a whole number`)
  return Number.isSafeInteger(number) ? number : new Unfit(`is ${show(value)}, a number too large to keep`)
}

function float(value: unknown, untyped: boolean): number | Unfit {
  const number =
    untyped && typeof value === 'string'
      ? parseFloatText(value.trim())
      : typeof value === 'bigint'
        ? Number(value)
        : value
  if (typeof number !== 'number') return new Unfit(`is ${show(value)}, not a number`)
  if (typeof value === 'bigint' && !Number.isSafeInteger(number))
    return new Unfit(`is ${show(value)}, a number too large to keep`)
  return Math.abs(number) > MAX_FLOAT
    ? new Unfit(`is ${show(value)}, a number too large for 32 bits`)
    : number
}

const parseFloatText = (text: string): number | undefined => {
  if (/^nan$/i.test(text)) return Number.NaN
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

const isPlain = (v: unknown): boolean => ['string', 'number', 'boolean', 'bigint'].includes(typeof v)

/** A value as JSON; bytes and pictures by their size, big whole numbers as they are. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) => {
    if (typeof v === 'bigint') return Number.isSafeInteger(Number(v)) ? Number(v) : String(v)
    if (v instanceof Uint8Array) return `${v.length} bytes`
    return v instanceof Picture ? 'a picture' : v
  })
}

function show(value: unknown): string {
  if (value instanceof Picture) return 'a picture'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : json(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
