import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep, win32 } from 'node:path'
import { IMAGE_EXTENSIONS } from '../decode.ts'
import { reason, systemCode } from '../error.ts'
import { extensionOf, unreadable } from '../folder-files.ts'
import { Picture } from './picture.ts'

type Found = Picture | { readonly problem: string }

/**
 * Finds pictures by the names that rows give, relative to a folder. Nothing outside the folder is ever opened:
 * absolute names, names that climb out, and links that lead out are refused.
 */
export function pictureFolder(root: string): (name: string) => Promise<Found> {
  let real: Promise<string> | undefined
  return async name => {
    if (isAbsolute(name) || win32.isAbsolute(name) || /^[a-z][a-z+.-]*:/i.test(name))
      return {
        problem: `"${name}" is an absolute path or an address. Name pictures relative to their folder.`,
      }
    const plain = name.trim().replaceAll('\\', '/')
    if (plain.includes('\0')) return { problem: `"${name.replaceAll('\0', '\\0')}" is no name of a file.` }
    if (!IMAGE_EXTENSIONS.has(extensionOf(plain))) {
      const extension = extensionOf(plain)
      return { problem: extension ? `"${name}": ${unreadable(extension)}` : `"${name}" names no picture.` }
    }
    try {
      real ??= realpath(root)
      const folder = await real
      // By name first, so that whether a file is there outside is never told.
      if (climbs(folder, join(folder, plain))) return outside(name)
      const path = await realpath(join(folder, plain))
      if (climbs(folder, path)) return outside(name)
      return (await stat(path)).isFile() ? new Picture(path) : { problem: `"${name}" is no file.` }
    } catch (error) {
      const gone = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')
      return { problem: gone ? `there is no file "${name}" in ${root}.` : `"${name}": ${reason(error)}.` }
    }
  }
}

function climbs(folder: string, path: string): boolean {
  const inside = relative(folder, path)
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)
}

const outside = (name: string): Found => ({ problem: `"${name}" leads outside its folder, and is not read.` })
