import { basename } from 'node:path'
import type { FileMetaData, SchemaElement } from 'hyparquet'
import { DataError } from '../error.ts'
import { isRecord } from '../folder-records.ts'
import type { BadRow } from '../table.ts'
import { expandBraces } from './braces.ts'
import { openParquet, type ParquetFile } from './parquet-file.ts'
import { Picture } from './picture.ts'
import type { RawRow, RowSource } from './raw.ts'
import { bytesIn } from './row-groups.ts'

/**
 * The rows of parquet files, a row group at a time. A column of bytes, or of `{ bytes, path }` as Hugging Face keeps
 * pictures, is a picture: a row keeps its place, and the bytes stay in the file. Class names of Hugging Face's
 * ClassLabel columns are read from the file's metadata.
 *
 * Opening reads the footers only, which also say how many rows there are.
 */
export async function parquetSource(pattern: string): Promise<RowSource> {
  const paths = expandBraces(pattern)
  let count = 0
  let first: FileMetaData | undefined
  const faults = new Map<string, string>()
  for (const path of paths) {
    const file = await openShard(path, paths.length > 1, faults)
    if (!file) continue
    count += file.rows
    first ??= file.metadata
    await file.close()
  }
  if (!first) throw new DataError([...faults.values()][0]!)
  const pictures = pictureColumns(first.schema)
  const read = { done: 0, total: count }
  async function* rows(): AsyncGenerator<RawRow | BadRow> {
    read.done = 0
    for (const path of paths) {
      const name = basename(path)
      const fault = faults.get(path)
      if (fault !== undefined) {
        yield { where: name, problem: fault }
        continue
      }
      const file = await openParquet(path)
      try {
        for await (const row of fileRows(file, name, pictures)) {
          yield row
          read.done++
        }
      } finally {
        await file.close()
      }
    }
  }
  return {
    what: `Parquet file ${basename(pattern)}`,
    rows,
    count,
    place: () => ({ ...read }),
    classes: classNames(first),
  }
}

async function openShard(
  path: string,
  oneOfMany: boolean,
  faults: Map<string, string>,
): Promise<ParquetFile | undefined> {
  try {
    return await openParquet(path)
  } catch (error) {
    if (!oneOfMany || !(error instanceof DataError)) throw error
    faults.set(path, error.message)
    return undefined
  }
}

async function* fileRows(
  file: ParquetFile,
  name: string,
  pictures: readonly string[],
): AsyncGenerator<RawRow | BadRow> {
  for (const [at, group] of file.groups.entries()) {
    let rows: readonly Record<string, unknown>[]
    try {
      rows = await file.readGroup(at)
    } catch (error) {
      if (!(error instanceof DataError)) throw error
      // Each row is named, so that counts add up.
      for (let row = 0; row < group.rows; row++)
        yield { where: `${name}: row ${group.start + row + 1}`, problem: error.message }
      continue
    }
    for (const [place, values] of rows.entries()) {
      const row = group.start + place
      yield {
        where: `${name}: row ${row + 1}`,
        values: { ...values, ...picturesOf(file.path, values, pictures, row) },
      }
    }
  }
}

function picturesOf(
  path: string,
  values: Readonly<Record<string, unknown>>,
  columns: readonly string[],
  row: number,
): Record<string, unknown> {
  return Object.fromEntries(
    columns.map(column => {
      const bytes = bytesIn(values[column])
      return [column, bytes && new Picture(path, { column, row }, bytes)]
    }),
  )
}

/** Top-level columns of undeclared bytes, and structs with a field `bytes`. */
function pictureColumns(schema: readonly SchemaElement[]): string[] {
  const found: string[] = []
  let at = 1
  while (at < schema.length) {
    const element = schema[at]!
    const end = skip(schema, at)
    const children = schema.slice(at + 1, end)
    const isBytes = (e: SchemaElement) => e.type === 'BYTE_ARRAY' && !e.converted_type && !e.logical_type
    if (
      element.repetition_type !== 'REPEATED' &&
      (children.length === 0 ? isBytes(element) : children.some(e => e.name === 'bytes' && isBytes(e)))
    )
      found.push(element.name)
    at = end
  }
  return found
}

/** Where the subtree of an element ends. The schema is flat: an element is followed by its children. */
function skip(schema: readonly SchemaElement[], at: number): number {
  let end = at + 1
  for (let child = 0; child < (schema[at]?.num_children ?? 0) && end < schema.length; child++)
    end = skip(schema, end)
  return end
}

/** Class names by column, as Hugging Face datasets writes them beside the schema. */
function classNames({ key_value_metadata: entries }: FileMetaData): Record<string, readonly string[]> {
  const text = entries?.find(e => e.key === 'huggingface')?.value
  try {
    const info: unknown = JSON.parse(text ?? '{}')
    const features =
      isRecord(info) && isRecord(info.info) && isRecord(info.info.features) ? info.info.features : {}
    return Object.fromEntries(
      Object.entries(features).flatMap(([column, feature]) =>
        isRecord(feature) && feature._type === 'ClassLabel' && isNames(feature.names)
          ? [[column, feature.names]]
          : [],
      ),
    )
  } catch {
    return {}
  }
}

const isNames = (v: unknown): v is string[] => Array.isArray(v) && v.every(x => typeof x === 'string')
