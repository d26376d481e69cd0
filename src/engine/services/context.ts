import type { BadRow } from '../../data/table.ts'

/** What a service gets besides its options. */
export interface ServiceContext {
  readonly cacheDir: string
  /** The folder of the graph file: relative paths start there. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly progress: (what: string, done: number, total: number) => void
  /** Rows that were left out, to be shown and counted on the node. */
  readonly bad: (rows: readonly BadRow[]) => void
}
