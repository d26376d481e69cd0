import { resolve } from 'node:path'
import type { JobOptions } from '../../data/parallel.ts'
import type { BadRow } from '../../data/table.ts'

/** What a service gets besides its options. */
export interface ServiceContext {
  readonly cacheDir: string
  /** The folder of the graph file: relative paths start there. */
  readonly folder: string
  /** Before a graph is run: where it may be looked into besides its own folder. Absent: everywhere. */
  readonly places?: readonly string[]
  readonly signal: AbortSignal
  readonly progress: (what: string, done: number, total: number) => void
  /** Rows that were left out, to be shown and counted on the node. */
  readonly bad: (rows: readonly BadRow[]) => void
}

/** How a reader of files reports and is stopped. */
export const readJob = ({ signal, progress }: ServiceContext): JobOptions => ({
  signal,
  progress: p => progress('reading', p.done, p.total),
})

/** The options with their paths made absolute. */
export const inFolder = <
  T extends { readonly path: string; readonly more?: string; readonly images?: string },
>(
  folder: string,
  options: T,
): T => ({
  ...options,
  path: resolve(folder, options.path),
  ...(options.more !== undefined && { more: resolve(folder, options.more) }),
  ...(options.images !== undefined && { images: resolve(folder, options.images) }),
})
