import type { DuckDBConnection } from '@duckdb/node-api'
import { DataError, reason } from '../error.ts'

/** A statement that takes longer is stopped. */
export const SECONDS = 60
const MEMORY = '1GB'
/** How long a statement has to end once it is told to. */
const GRACE_MS = 2000

/** A database that holds one table, `rows`, and can do nothing but compute on it. */
export interface Locked {
  readonly connection: DuckDBConnection
  /** Runs a statement: its rows as plain JavaScript values. */
  run(sql: string, values?: string[]): Promise<unknown[][]>
}

export interface LockedOptions {
  readonly seconds?: number
  readonly signal?: AbortSignal
}

/**
 * Opens a DuckDB in memory that is locked: no files, no network, no extensions, no settings, limits on time and
 * memory. Its errors are DataErrors.
 */
export async function withLocked<T>(
  work: (db: Locked) => Promise<T>,
  { seconds = SECONDS, signal }: LockedOptions = {},
): Promise<T> {
  const { DuckDBInstance } = await load()
  const instance = await DuckDBInstance.create(':memory:', {
    enable_external_access: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    memory_limit: MEMORY,
    threads: '2',
    lock_configuration: 'true',
  })
  const connection = await instance.connect()
  signal?.throwIfAborted()
  let stop: (why: unknown) => void = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = why => {
      connection.interrupt()
      // A single call that is very long does not look up; it is left to its end, and no one waits for it.
      setTimeout(() => reject(why), GRACE_MS).unref()
    }
  })
  let why: unknown
  const end = (reason: unknown) => {
    why = reason
    stop(reason)
  }
  const slow = new DataError(`The SQL can’t be computed: it took longer than ${seconds} s.`)
  const timer = setTimeout(() => end(slow), seconds * 1000)
  const abort = () => end(signal!.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const running = work({
    connection,
    async run(sql, values) {
      try {
        return (await connection.runAndReadAll(sql, values)).getRowsJS() as unknown[][]
      } catch (error) {
        if (why !== undefined) throw why
        throw new DataError(`The SQL can’t be computed: ${firstLine(error)}.`)
      }
    },
  })
  const close = () => {
    connection.closeSync()
    instance.closeSync()
  }
  // Closing waits for a running statement, so it follows its end.
  running.then(close, close)
  try {
    return await Promise.race([running, stopped])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Loaded when the first SQL runs: everything else works where the binding is missing. */
export async function load(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await import('@duckdb/node-api')
  } catch (error) {
    throw new DataError(
      `DuckDB, which runs SQL, can't be loaded on this system (${reason(error)}). Nodes without SQL work.`,
    )
  }
}

/** DuckDB's own words without the excerpt that it draws under them. */
const firstLine = (error: unknown): string =>
  reason(error instanceof Error ? (error.message.split('\n')[0] ?? '') : error)
