import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { compareText, hashOf } from '../data/hash.ts'

/**
 * Names, sizes and times of a file, or of all files below a folder but hidden ones: changes whenever their contents
 * may have. Readers leave hidden files out, and runs are kept in a hidden folder.
 */
export async function fingerprintFolder(path: string): Promise<string> {
  const top = await stat(path).catch(() => undefined)
  if (!top) return 'absent'
  if (top.isFile()) return hashOf([path, top.size, top.mtimeMs])
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter(e => e.isFile())
    .map(e => join(e.parentPath, e.name))
    .filter(file => !/[\\/]\./.test(file.slice(path.length)))
  const facts = await Promise.all(
    files.sort(compareText).map(async file => {
      const s = await stat(file)
      return [file.slice(path.length), s.size, s.mtimeMs] as const
    }),
  )
  return hashOf([path, facts])
}
