import { DataError } from '../error.ts'
import { openParquet, type ParquetFile } from './parquet-file.ts'

/** Row groups, and files, that are kept: reading in the files' order needs one, lanes at a border two. */
const KEPT = 2

/** Cells of parquet files, decoded a row group at a time. Cheap when cells are asked for in the files' order. */
export class RowGroups {
  private readonly files = new Map<string, Promise<ParquetFile>>()
  private readonly groups = new Map<string, Promise<readonly Record<string, unknown>[]>>()

  /** The bytes of a cell that holds bytes, or a struct with a field `bytes`. */
  async cell(path: string, column: string, row: number): Promise<Uint8Array> {
    const file = await this.file(path)
    const at = file.groups.findIndex(group => row >= group.start && row < group.start + group.rows)
    if (at < 0) throw new DataError(`${path} has no row ${row} any more`)
    const rows = await this.group(file, at, column)
    const bytes = bytesIn(rows[row - file.groups[at]!.start]?.[column])
    if (!bytes) throw new DataError(`${path}, row ${row}: column "${column}" has no bytes any more`)
    return bytes
  }

  async close(): Promise<void> {
    const files = [...this.files.values()]
    this.files.clear()
    this.groups.clear()
    await Promise.all(files.map(async file => (await file.catch(() => undefined))?.close()))
  }

  private file(path: string): Promise<ParquetFile> {
    const held = this.files.get(path)
    if (held) return held
    const file = openParquet(path)
    this.files.set(path, file)
    for (const oldest of [...this.files.keys()].slice(0, Math.max(0, this.files.size - KEPT))) {
      const closing = this.files.get(oldest)!
      this.files.delete(oldest)
      closing.then(f => f.close()).catch(() => undefined)
    }
    return file
  }

  private group(file: ParquetFile, at: number, column: string): Promise<readonly Record<string, unknown>[]> {
    const key = JSON.stringify([file.path, at, column])
    const rows = this.groups.get(key) ?? file.readGroup(at, [column])
    this.groups.delete(key)
    this.groups.set(key, rows)
    for (const oldest of [...this.groups.keys()].slice(0, Math.max(0, this.groups.size - KEPT)))
      this.groups.delete(oldest)
    return rows
  }
}

/** The bytes of a picture as Hugging Face and others keep them: plain, or `{ bytes, path }`. */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return undefined
  return value.bytes instanceof Uint8Array ? value.bytes : undefined
}
