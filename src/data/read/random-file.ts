import { type FileHandle, open } from 'node:fs/promises'
import { DataError, reason, systemCode } from '../error.ts'

/** A file that is read at positions. */
export interface RandomFile {
  readonly path: string
  readonly size: number
  /** The bytes of [from, from + length), fewer at the end of the file. */
  read(from: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** Opens a file for reading at positions; that there is none, or a folder, is a DataError. */
export async function openFile(path: string): Promise<RandomFile> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new DataError(`There is no file ${path}.`)
    throw new DataError(`The file ${path} can't be read: ${reason(error)}.`)
  }
  const facts = await handle.stat()
  if (!facts.isFile()) {
    await handle.close()
    throw new DataError(`${path} is ${facts.isDirectory() ? 'a folder' : 'no file'}, not a file.`)
  }
  return {
    path,
    size: facts.size,
    async read(from, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, facts.size - from)))
      let done = 0
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done)
        if (bytesRead === 0) return bytes.subarray(0, done)
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}
