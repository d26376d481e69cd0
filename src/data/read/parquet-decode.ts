import { type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { DataError, reason } from '../error.ts'
import { openFile, type RandomFile } from './random-file.ts'

/** Bytes of the columns asked for in one row group, uncompressed: more is refused before anything is read. */
const MAX_GROUP_BYTES = 2 ** 31
const MAX_METADATA_BYTES = 2 ** 28
/** Values for each byte in the file beyond which a count is no data but an attack on memory. */
const MAX_VALUES_PER_BYTE = 4096

/** Rows [start, start + rows) of a parquet file, the unit in which it is read. */
export interface RowGroup {
  readonly start: number
  readonly rows: number
}

/** A parquet file, open. */
export interface ParquetFile {
  readonly path: string
  readonly metadata: FileMetaData
  readonly rows: number
  readonly groups: readonly RowGroup[]
  /** The rows of a group by column name; byte arrays that are not declared text stay bytes. */
  readGroup(group: number, columns?: readonly string[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

/**
 * Opens a parquet file, reads its footer and decodes row groups in this very thread, by plain JavaScript. Throws
 * DataError where it is no whole parquet file.
 */
export async function openParquetHere(path: string): Promise<ParquetFile> {
  const file = await openFile(path)
  try {
    const metadata = await readFooter(file)
    const groups: RowGroup[] = []
    let start = 0
    for (const [at, group] of metadata.row_groups.entries()) {
      const rows = Number(group.num_rows)
      checkCounts(
        file,
        at,
        rows,
        group.columns.map(c => Number(c.meta_data?.num_values ?? 0)),
      )
      groups.push({ start, rows })
      start += rows
    }
    if (start !== Number(metadata.num_rows))
      throw new DataError(`${path} says it has ${metadata.num_rows} rows, but its row groups have ${start}.`)
    const buffer = {
      byteLength: file.size,
      async slice(from: number, to = file.size): Promise<ArrayBuffer> {
        if (!(from >= 0 && to >= from && to <= file.size))
          throw new Error(`bytes ${from} to ${to} of a file of ${file.size}`)
        return (await file.read(from, to - from)).buffer as ArrayBuffer
      },
    }
    return {
      path,
      metadata,
      rows: start,
      groups,
      readGroup: async (at, columns) => {
        const group = groups[at]!
        checkSize(path, metadata, at, columns)
        try {
          return await parquetReadObjects({
            file: buffer,
            metadata,
            rowStart: group.start,
            rowEnd: group.start + group.rows,
            ...(columns && { columns: [...columns] }),
            compressors,
            utf8: false,
          })
        } catch (error) {
          throw new DataError(`${path}, row group ${at + 1}: it can't be decoded: ${reason(error)}.`)
        }
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function readFooter(file: RandomFile): Promise<FileMetaData> {
  const { path, size } = file
  const tail = await file.read(Math.max(0, size - 8), 8)
  const isParquet = size >= 12 && Buffer.from(tail.subarray(4)).toString('latin1') === 'PAR1'
  if (!isParquet) {
    const what = size === 0 ? 'is empty' : 'is no parquet file, or was cut short: its end mark is missing'
    throw new DataError(`${path} ${what}.`)
  }
  const length = new DataView(tail.buffer).getUint32(0, true)
  if (length > Math.min(size - 12, MAX_METADATA_BYTES))
    throw new DataError(`${path} is damaged: it says that ${length} bytes of it are its footer.`)
  try {
    const footer = await file.read(size - 8 - length, length + 8)
    const buffer = footer.buffer as ArrayBuffer
    return await parquetMetadataAsync({ byteLength: buffer.byteLength, slice: (a, b) => buffer.slice(a, b) })
  } catch (error) {
    throw new DataError(`${path} is damaged: its footer can't be read (${reason(error)}).`)
  }
}

function checkCounts(file: RandomFile, at: number, rows: number, values: readonly number[]): void {
  const most = file.size * MAX_VALUES_PER_BYTE
  for (const count of [rows, ...values])
    if (!(Number.isSafeInteger(count) && count >= 0 && count <= most))
      throw new DataError(
        `${file.path}, row group ${at + 1}: it claims ${count} values in a file of ${file.size} bytes.`,
      )
}

function checkSize(path: string, metadata: FileMetaData, at: number, columns?: readonly string[]): void {
  let bytes = 0
  for (const { meta_data: meta } of metadata.row_groups[at]!.columns)
    if (meta && (!columns || columns.includes(meta.path_in_schema[0]!)))
      bytes += Math.max(0, Number(meta.total_uncompressed_size))
  if (bytes > MAX_GROUP_BYTES)
    throw new DataError(
      `${path}, row group ${at + 1}: ${Math.round(bytes / 2 ** 20)} MiB in one row group. ` +
        'Write the file again with smaller row groups (row_group_size).',
    )
}
