import type { DuckDBValue } from '@duckdb/node-api'
import { DataError } from '../error.ts'
import { Helper, HelperFault, helperProgram } from '../helper.ts'
import { PLACE, type SqlColumn } from './columns.ts'
import { type Locked, type LockedOptions, load, SECONDS, withLocked } from './locked.ts'

/** What is to be computed: a SELECT over the table `rows` of these columns and `__row`, the rows' numbers. */
export interface Computation {
  readonly rows: number
  readonly columns: readonly SqlColumn[]
  readonly sql: string
}

export type Computed = { readonly rows: unknown[][] } | { readonly problem: string }

/** DuckDB's own limit, and what its strings and the columns take beside it. */
const MEGABYTES = 3072
/** How much longer than the statement's own limit its process may take: it starts, and is handed the columns. */
const START_SECONDS = 10
/** Rows handed over at once; DuckDB's own unit. */
const CHUNK = 2048

/**
 * The rows of a SELECT that has been checked, computed in a process of its own, as a single call of a function can
 * neither be interrupted nor kept to DuckDB's memory. From the sources, where that program is not built, it is
 * computed here.
 */
export async function compute(
  computation: Computation,
  { seconds = SECONDS, signal }: LockedOptions = {},
): Promise<unknown[][]> {
  const program = helperProgram('sql-worker')
  if (program === undefined) return computeHere(computation, { seconds, ...(signal && { signal }) })
  const limits = { seconds: seconds + START_SECONDS, megabytes: MEGABYTES }
  const helper = new Helper<Computation, Computed>(program, [String(seconds)], limits)
  try {
    const answer = await helper.ask(computation, signal)
    if ('rows' in answer) return answer.rows
    throw new DataError(answer.problem)
  } catch (error) {
    if (error instanceof HelperFault) throw new DataError(`The SQL can’t be computed: ${error.message}.`)
    throw error
  } finally {
    await helper.close()
  }
}

/** The same in this very process. */
export const computeHere = (computation: Computation, options: LockedOptions): Promise<unknown[][]> =>
  withLocked(async db => {
    await loadRows(db, computation)
    return db.run(computation.sql)
  }, options)

async function loadRows(db: Locked, { rows, columns }: Computation): Promise<void> {
  const { DuckDBDataChunk, BIGINT, DOUBLE, INTEGER, LIST, VARCHAR, listValue } = await load()
  const types = { VARCHAR, 'VARCHAR[]': LIST(VARCHAR), BIGINT, DOUBLE }
  const value = ({ type, values }: SqlColumn, row: number): DuckDBValue => {
    const plain = values[row]!
    if (type === 'BIGINT') return BigInt(plain as number)
    return Array.isArray(plain) ? listValue([...plain]) : (plain as string | number | null)
  }
  const declared = columns.map(c => `${quoted(c.name)} ${c.type}`)
  await db.run(`CREATE TABLE rows (${[`${PLACE} INTEGER`, ...declared].join(', ')})`)
  const appender = await db.connection.createAppender('rows')
  for (let start = 0; start < rows; start += CHUNK) {
    const places = Array.from({ length: Math.min(CHUNK, rows - start) }, (_, at) => start + at)
    const chunk = DuckDBDataChunk.create([INTEGER, ...columns.map(c => types[c.type])])
    chunk.setColumns([places, ...columns.map(c => places.map(row => value(c, row)))])
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
