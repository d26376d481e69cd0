/** A file name for a title: `CLIP on emoji` becomes `clip-on-emoji`. */
export function fileName(title: string): string {
  const words = title
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return words.slice(0, 60) || 'graph'
}

/** A path in a folder, with the folder's own kind of slash. */
export function inFolder(folder: string, name: string): string {
  const slash = folder.includes('\\') && !folder.includes('/') ? '\\' : '/'
  return folder.endsWith(slash) ? folder + name : folder + slash + name
}

/** The last part of a path. */
export const nameOf = (path: string): string => path.split(/[\\/]/).at(-1)!

const HOME = /^(?:\/home\/[^/]+|\/Users\/[^/]+|\/root|[a-z]:\\Users\\[^\\]+)(?=[\\/]|$)/i

/** A folder as a person knows it: `~` for the home folder, and of a deep one where it begins and ends. */
export function shortFolder(folder: string): string {
  const from = folder.replace(HOME, '~')
  const slash = from.includes('\\') && !from.includes('/') ? '\\' : '/'
  const parts = from.split(slash)
  return parts.length > 5 ? [...parts.slice(0, 2), '…', ...parts.slice(-2)].join(slash) : from
}

/** What is wrong with a name that a person typed; undefined where nothing is. */
export function wrongName(name: string): string | undefined {
  if (name.trim() === '') return 'Give the file a name.'
  if (/[\\/]/.test(name)) return 'A name holds no slashes: pick the folder above.'
  if (/[<>:"|?*]/.test(name) || [...name].some(c => c < ' '))
    return 'This name has signs that files can’t have.'
  return undefined
}
