import { realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { DataError } from '../../data/error.ts'
import type { ServiceContext } from './context.ts'

/**
 * Refuses files that a graph, which nobody has asked to run yet, may not be looked into: whatever lies outside its
 * folder, links followed, and was not allowed.
 *
 * @throws {DataError} that names the first of them
 */
export async function mayLook({ folder, places }: ServiceContext, files: readonly string[]): Promise<void> {
  if (places === undefined) return
  const allowed = await Promise.all([folder, ...places].map(real))
  for (const file of files) {
    const at = await real(file)
    if (allowed.some(place => at === place || at.startsWith(place.endsWith(sep) ? place : place + sep)))
      continue
    throw new DataError(
      `"${file}" lies outside the folder of this graph: it is not looked into before you allow it`,
    )
  }
}

/** No system opens a longer one. */
const LONGEST = 4096

/** Where a path leads; of one that is not there, as far as it is. */
async function real(path: string): Promise<string> {
  if (path.length > LONGEST) return path
  try {
    return await realpath(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : join(await real(above), basename(path))
  }
}
