import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { DataError, reason } from '../error.ts'
import type { FilePart, ImageRef } from '../table.ts'
import { RowGroups } from './row-groups.ts'

/** A larger file is no picture to train on; reading it whole would take the memory of everything else. */
export const MAX_PICTURE_BYTES = 512 * 1024 * 1024

/** Files that are held open at once. */
const OPEN = 16

/** A picture as a reader found it, before its bytes were looked at. */
export class Picture {
  readonly path: string
  readonly part: FilePart | undefined
  /** The encoded bytes, where the reader has them in hand. */
  readonly bytes: Uint8Array | undefined

  constructor(path: string, part?: FilePart, bytes?: Uint8Array) {
    this.path = path
    this.part = part
    this.bytes = bytes
  }
}

/** Reads the encoded bytes of pictures in files, in tars and in parquet files. Close it when done. */
export class PictureFiles {
  private readonly handles = new Map<string, Promise<FileHandle>>()
  private readonly groups = new RowGroups()

  /** Throws where the bytes can't be read; a part that its file has no longer is a DataError. */
  async read({ path, part }: Pick<ImageRef, 'path' | 'part'>): Promise<Uint8Array> {
    if (!part) {
      const { size } = await stat(path)
      checkSize(size)
      return readFile(path)
    }
    if ('column' in part) return this.groups.cell(path, part.column, part.row)
    checkSize(part.length)
    const file = await this.handle(path)
    const bytes = new Uint8Array(part.length)
    const { bytesRead } = await file.read(bytes, 0, part.length, part.offset)
    if (bytesRead < part.length) throw new DataError(`${path} ends before this picture does`)
    return bytes
  }

  async close(): Promise<void> {
    const open = [...this.handles.values()]
    this.handles.clear()
    await Promise.all(open.map(async handle => (await handle.catch(() => undefined))?.close()))
    await this.groups.close()
  }

  private async handle(path: string): Promise<FileHandle> {
    const held = this.handles.get(path)
    if (held) return held
    if (this.handles.size >= OPEN) {
      const [oldest, handle] = this.handles.entries().next().value!
      this.handles.delete(oldest)
      // A read that is still going on ends first: closing waits for it.
      handle.then(file => file.close()).catch(() => undefined)
    }
    const opened = open(path, 'r')
    this.handles.set(path, opened)
    return opened
  }
}

function checkSize(bytes: number): void {
  if (bytes > MAX_PICTURE_BYTES)
    throw new DataError(`it has ${Math.round(bytes / 2 ** 20)} MiB: too large for a picture`)
}

/** What a place in a file is called in messages: `a.tar at byte 512`, `a.parquet row 7`. */
export function placeOf({ path, part }: Pick<ImageRef, 'path' | 'part'>): string {
  if (!part) return path
  return 'column' in part ? `${path}, row ${part.row}` : `${path} at byte ${part.offset}`
}

/** Why a picture can't be used, as a sentence. */
export const undecodable = (error: unknown): string => `this picture can't be decoded: ${reason(error)}.`
