import type { Attribution, DatasetSchema } from '../../graph/schema.ts'
import { buildTable } from '../build.ts'
import { verifyImage } from '../decode.ts'
import { badRowsError } from '../error.ts'
import { hashOf, sha256 } from '../hash.ts'
import { uniqueIds } from '../ids.ts'
import { decodeLanes, type JobOptions, mapLanes } from '../parallel.ts'
import type { BadRow, Column, ImageRef, Table } from '../table.ts'
import { convert, isMissing, Unfit } from './convert.ts'
import { fieldsOf, type KindSettings, ownValue, type PlanColumn, planColumns } from './infer.ts'
import { Picture, PictureFiles, undecodable } from './picture.ts'
import { isRawRow, type RawRow, type RowSource } from './raw.ts'

export interface ReadOptions extends JobOptions {
  readonly kinds: KindSettings
  readonly onBadRow: 'skip' | 'fail'
  readonly attribution?: readonly Attribution[]
}

/** Rows in work at once: enough for all lanes, and few enough that their pictures fit the memory. */
const CHUNK = 32
/** Digits of its contents' hash that name a row without a name. */
const ID_DIGITS = 16

type Value = ImageRef | readonly string[] | number

/** The schema of a source, from its first rows. */
export async function peekSource(
  source: RowSource,
  kinds: KindSettings,
  attribution?: readonly Attribution[],
  signal?: AbortSignal,
): Promise<DatasetSchema> {
  const plan = await planColumns(source, kinds, signal)
  return {
    fields: fieldsOf(plan),
    ...(source.count !== undefined && { rows: source.count }),
    ...(attribution && { attribution }),
  }
}

/**
 * Reads all rows of a source. Every picture is opened and decoded once, so that a broken one is found now; only
 * references to pictures are kept. Each row that can't be used is named in `Table.bad`, or the reading stops with
 * a DataError (`onBadRow`).
 */
export async function readSource(source: RowSource, options: ReadOptions): Promise<Table> {
  const { signal } = options
  const plan = await planColumns(source, options.kinds, signal)
  const files = new PictureFiles()
  const opened = new Map<string, Promise<ImageRef | Unfit>>()
  const bad: BadRow[] = []
  const values: Value[][] = plan.map(() => [])
  const names: string[] = []
  let chunk: (RawRow | BadRow)[] = []
  const flush = async () => {
    const work = async (row: RawRow | BadRow) =>
      isRawRow(row) ? readRow(row, plan, source, files, opened) : new Unfit(row.problem)
    const rows = await mapLanes(chunk, decodeLanes, work, signal)
    for (const [at, row] of rows.entries()) {
      const from = chunk[at]!
      if (row instanceof Unfit) bad.push({ where: from.where, problem: row.problem })
      else {
        for (const [c, value] of row.entries()) values[c]!.push(value)
        names.push((isRawRow(from) ? from.id : undefined) ?? nameOf(row))
      }
    }
    chunk = []
    const place = source.place?.()
    if (place) options.progress?.(place)
  }
  try {
    for await (const row of source.rows(signal)) {
      if (chunk.push(row) === CHUNK) await flush()
    }
    await flush()
  } finally {
    await files.close()
  }
  const hint = 'Correct these rows, or set onBadRow to "skip" to leave them out.'
  if (bad.length > 0 && options.onBadRow === 'fail') throw badRowsError(source.what, bad, hint)
  if (names.length === 0) throw badRowsError(`${source.what} has no usable row`, bad, '')
  const columns = Object.fromEntries(plan.map((c, at) => [c.name, columnOf(c, values[at]!)]))
  return buildTable({
    fields: fieldsOf(plan),
    columns,
    ids: uniqueIds(names),
    bad,
    ...(options.attribution && { attribution: options.attribution }),
  })
}

function columnOf(c: PlanColumn, values: readonly Value[]): Column {
  switch (c.kind) {
    case 'image':
      return { kind: 'image', values: values as readonly ImageRef[] }
    case 'text':
    case 'json':
      return { kind: 'text', values: values as readonly (readonly string[])[] }
    default:
      return { kind: c.kind, values: values as readonly number[] }
  }
}

/** A row without a name is known by what it holds, so that it keeps its id wherever it stands. */
const nameOf = (row: readonly Value[]): string =>
  hashOf(row.map(v => (typeof v === 'object' && 'hash' in v ? v.hash : v))).slice(0, ID_DIGITS)

async function readRow(
  row: RawRow,
  plan: readonly PlanColumn[],
  source: RowSource,
  files: PictureFiles,
  opened: Map<string, Promise<ImageRef | Unfit>>,
): Promise<readonly Value[] | Unfit> {
  const out: (Value | Unfit)[] = plan.map(c => plainValue(row, c, source))
  // That its picture or caption is missing says more of a row than anything else.
  const unfit = (required: boolean) =>
    out.find((v, at) => v instanceof Unfit && plan[at]!.required === required)
  const problem = unfit(true) ?? unfit(false)
  if (problem) return problem as Unfit
  for (const [at, c] of plan.entries())
    if (c.kind === 'image') {
      const read = await image(pictureIn(row, c), c, source, files, opened)
      if (read instanceof Unfit) return read
      out[at] = read
    }
  return out as Value[]
}

/** What a row has in a column of pictures, or at one place of a list of them. */
const pictureIn = (row: RawRow, c: PlanColumn): unknown => [ownValue(row, c.from)].flat()[c.at ?? 0]

/** A column's value; of a picture only whether there is one. */
function plainValue(row: RawRow, c: PlanColumn, source: RowSource): Value | Unfit {
  if (c.kind === 'image') {
    const nth = c.at === undefined ? '' : ` number ${c.at + 1}`
    return isMissing(pictureIn(row, c)) ? new Unfit(`"${c.from}" has no picture${nth}.`) : 0
  }
  const value = convert(c, ownValue(row, c.from), source.untyped ?? false)
  return value instanceof Unfit ? new Unfit(`"${c.from}" ${value.problem}.`) : value
}

async function image(
  value: unknown,
  c: PlanColumn,
  source: RowSource,
  files: PictureFiles,
  opened: Map<string, Promise<ImageRef | Unfit>>,
): Promise<ImageRef | Unfit> {
  if (value instanceof Picture) return open(value, files)
  if (typeof value !== 'string' || !source.named) {
    const wrong = convert({ kind: 'image', required: true }, value, false) as Unfit
    return new Unfit(`"${c.from}" ${wrong.problem}.`)
  }
  const picture = await source.named(value)
  if (!(picture instanceof Picture)) return new Unfit(picture.problem)
  // Many rows may be about one picture, which is then opened once.
  const reading = opened.get(picture.path) ?? open(picture, files, value)
  opened.set(picture.path, reading)
  return reading
}

/** Decodes a picture once: its reference, or what is wrong with it. */
async function open(picture: Picture, files: PictureFiles, name?: string): Promise<ImageRef | Unfit> {
  try {
    const bytes = picture.bytes ?? (await files.read(picture))
    await verifyImage(bytes)
    const { path, part } = picture
    return { path, hash: sha256(bytes), ...(part && { part }) }
  } catch (error) {
    return new Unfit(name === undefined ? undecodable(error) : `"${name}": ${undecodable(error)}`)
  }
}
