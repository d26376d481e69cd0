import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What set-up wrote last into a folder of the cache. */
export interface Stamp {
  readonly files: Readonly<Record<string, { readonly bytes: number }>>
  /** Of TensorFlow.js for Node: the requirement that its library came from. */
  readonly tensorflow?: string
}

/** The stamp of a folder whose files are all there and of the right size, else undefined. Reads no big file. */
export async function readStamped(folder: string): Promise<Stamp | undefined> {
  try {
    const stamp = JSON.parse(await readFile(join(folder, 'stamp.json'), 'utf8')) as Stamp
    const entries = Object.entries(stamp.files)
    for (const [name, { bytes }] of entries)
      if ((await stat(join(folder, name))).size !== bytes) return undefined
    return entries.length > 0 ? stamp : undefined
  } catch {
    return undefined
  }
}
