import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, isAbsolute, join, posix, relative, sep, win32 } from 'node:path'
import { IMAGE_EXTENSIONS } from './decode.ts'
import { DataError, reason, systemCode } from './error.ts'
import { compareText } from './hash.ts'
import type { BadRow } from './table.ts'

/** Pictures whose format a person would expect to work, but which can't be decoded here. */
const UNREADABLE_EXTENSIONS: ReadonlySet<string> = new Set([
  'bmp',
  'heic',
  'heif',
  'avif',
  'svg',
  'jxl',
  'jp2',
  'ico',
])

/** The files of a folder, all the way down. Names are relative, with "/" between their parts. */
export interface FolderFiles {
  readonly root: string
  /** In code point order. */
  readonly names: readonly string[]
  /** What was left out, and why, by name. */
  readonly refused: ReadonlyMap<string, string>
}

export type Resolved = { readonly file: string } | { readonly problem: string }

/** Lists a folder. Hidden files are left out, links to folders are not followed, links that lead outside refused. */
export async function listFolder(path: string, signal?: AbortSignal): Promise<FolderFiles> {
  const root = await realFolder(path)
  const names: string[] = []
  const refused = new Map<string, string>()
  const visit = async (folder: string): Promise<void> => {
    signal?.throwIfAborted()
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) await visit(name)
      else if (entry.isFile()) names.push(name)
      else if (entry.isSymbolicLink()) {
        const problem = await linkProblem(root, name)
        if (problem) refused.set(name, problem)
        else names.push(name)
      }
    }
  }
  await visit('')
  return { root, names: names.sort(compareText), refused }
}

/** The pictures among the files, and those of known formats that can't be read. */
export function picturesOf(files: FolderFiles): { pictures: string[]; bad: BadRow[] } {
  const pictures = files.names.filter(name => IMAGE_EXTENSIONS.has(extensionOf(name)))
  const bad: BadRow[] = []
  for (const name of files.names) {
    const extension = extensionOf(name)
    if (UNREADABLE_EXTENSIONS.has(extension)) bad.push({ where: name, problem: unreadable(extension) })
  }
  for (const [where, problem] of files.refused) bad.push({ where, problem })
  return { pictures, bad }
}

/** Looks up the file that a row of `folder/metadata…` names. Only what the listing found is ever opened. */
export function resolveName(files: FolderFiles, lookup: NameLookup, folder: string, name: string): Resolved {
  if (isAbsolute(name) || win32.isAbsolute(name) || /^[a-z]:/i.test(name)) {
    return { problem: `"${name}" is an absolute path. Name files relative to the metadata file.` }
  }
  const joined = posix.normalize(posix.join(folder, name))
  if (joined === '..' || joined.startsWith('../')) {
    return { problem: `"${name}" leads outside the folder, and is not read.` }
  }
  const found = lookup(joined) ?? lookup(joined.replaceAll('\\', '/'))
  if (found === undefined) {
    return { problem: files.refused.get(joined) ?? `there is no file "${joined}" in this folder.` }
  }
  const extension = extensionOf(found)
  return UNREADABLE_EXTENSIONS.has(extension)
    ? { problem: `"${found}": ${unreadable(extension)}` }
    : { file: found }
}

export type NameLookup = (name: string) => string | undefined

/** Finds a name by its exact spelling, else by its composed Unicode form (macOS stores names decomposed). */
export function nameLookup(files: FolderFiles): NameLookup {
  const exact = new Set(files.names)
  const composed = new Map(files.names.map(name => [name.normalize('NFC'), name]))
  return name => (exact.has(name) ? name : composed.get(name.normalize('NFC')))
}

export function extensionOf(name: string): string {
  return extname(name).slice(1).toLowerCase()
}

/** The folder that a name lies in, "" for the root. */
export function folderOf(name: string): string {
  const slash = name.lastIndexOf('/')
  return slash < 0 ? '' : name.slice(0, slash)
}

export function unreadable(extension: string): string {
  return `${extension.toUpperCase()} pictures can't be read. Convert it to PNG, JPEG, WebP, GIF or TIFF.`
}

async function realFolder(path: string): Promise<string> {
  try {
    const root = await realpath(path)
    if ((await stat(root)).isDirectory()) return root
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') throw new DataError(`There is no folder ${path}.`)
    throw new DataError(`The folder ${path} can't be read: ${reason(error)}.`)
  }
  throw new DataError(`${path} is a file, not a folder.`)
}

async function linkProblem(root: string, name: string): Promise<string | undefined> {
  try {
    const target = await realpath(join(root, name))
    const inside = relative(root, target)
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      return 'this link leads outside the folder, and is not read. Copy the file into the folder.'
    }
    const found = await stat(target)
    return found.isFile() ? undefined : 'a link to a folder is not followed. Copy the folder in its place.'
  } catch (error) {
    return `this link leads nowhere: ${reason(error)}.`
  }
}
