import { DataError } from '../error.ts'
import { isRecord } from '../folder-records.ts'
import { PLACE } from './columns.ts'
import type { Locked } from './locked.ts'

/** An expression that has been checked: what it reads and what it is called. */
export interface Expression {
  /** The columns that it names, as it writes them; undefined where it may read any (`*`, `COLUMNS(…)`). */
  readonly reads: readonly string[] | undefined
  /** It stands for several columns. */
  readonly stars: boolean
  /** The name after AS. */
  readonly alias: string
}

/** Functions about the session, not about the rows. */
const SESSION =
  /^(pg_|inet_|has_|current_|session_|getvariable$|getenv$|txid_|user$|ago$|localtime|in_search_path$|obj_|col_description$|shobj_|nextval$|currval$)/

/**
 * Checks, with DuckDB's own parser, that a text is one expression over a row's columns and nothing else: no
 * statement, no second one, no FROM, no subquery, no parameters, nothing that changes from run to run.
 *
 * Throws DataError with what is not allowed.
 */
export async function checkExpression(db: Locked, text: string): Promise<Expression> {
  const node = await parse(db, text)
  const volatile = await volatileFunctions(db)
  const reads = new Set<string>()
  let all = false
  walk(node, part => {
    const { class: kind, function_name: name, column_names: names } = part
    if (kind === 'SUBQUERY') refuse(text, 'subqueries are not. Window functions (OVER) look at other rows')
    if (kind === 'PARAMETER') refuse(text, 'parameters are not')
    if (kind === 'STAR') all = true
    if (typeof name === 'string') checkName(text, name, volatile)
    if (kind === 'COLUMN_REF' && Array.isArray(names)) {
      const column = String(names.at(-1))
      if (column === PLACE) refuse(text, `${PLACE} is not`)
      checkName(text, column, volatile)
      for (const one of names) reads.add(String(one))
    }
  })
  const [item] = node.select_list as readonly Record<string, unknown>[]
  return {
    reads: all ? undefined : [...reads],
    stars: all,
    alias: typeof item!.alias === 'string' ? item!.alias : '',
  }
}

/** The one SELECT node of `SELECT text`, with a single item and nothing else. */
async function parse(db: Locked, text: string): Promise<Record<string, unknown>> {
  const [[json]] = (await db.run('SELECT json_serialize_sql($1::VARCHAR)', [`SELECT\n${text}\n`])) as [
    [string],
  ]
  const parsed = JSON.parse(json) as {
    readonly error: boolean
    readonly error_message?: string
    readonly statements?: readonly { readonly node: Record<string, unknown> }[]
  }
  if (parsed.error || !parsed.statements)
    throw new DataError(
      `The SQL ${shown(text)} can’t be read: ${parsed.error_message ?? 'it is no expression'}.`,
    )
  const [statement, second] = parsed.statements
  if (!statement || second) refuse(text, 'a second statement is not')
  const { node } = statement!
  const { select_list: items, from_table: from, cte_map: ctes } = node
  const isPlain =
    node.type === 'SELECT_NODE' &&
    isRecord(from) &&
    from.type === 'EMPTY' &&
    isRecord(ctes) &&
    isEmpty(ctes.map) &&
    ['modifiers', 'group_expressions', 'group_sets'].every(key => isEmpty(node[key])) &&
    ['where_clause', 'having', 'sample', 'qualify'].every(key => node[key] === null)
  if (!isPlain) refuse(text, 'clauses such as FROM, WHERE, GROUP BY, ORDER BY, LIMIT or UNION are not')
  if (!Array.isArray(items) || items.length !== 1) refuse(text, 'a list of several is not')
  return node
}

const isEmpty = (v: unknown): boolean => Array.isArray(v) && v.length === 0

function checkName(text: string, name: string, volatile: ReadonlySet<string>): void {
  if (volatile.has(name.toLowerCase()) || SESSION.test(name.toLowerCase()))
    refuse(
      text,
      `${name} is not, because it gives another value each time or tells of the session, not of the row`,
    )
}

/** Every function that DuckDB itself knows to give other values when called again. */
async function volatileFunctions(db: Locked): Promise<ReadonlySet<string>> {
  const rows = await db.run(
    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT' AND function_name <> 'error'",
  )
  return new Set(rows.map(([name]) => String(name)))
}

function walk(value: unknown, visit: (node: Record<string, unknown>) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit)
  else if (isRecord(value)) {
    visit(value)
    for (const item of Object.values(value)) walk(item, visit)
  }
}

const SHOWN = 80
const shown = (text: string): string =>
  JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)

function refuse(text: string, what: string): never {
  throw new DataError(
    `The SQL ${shown(text)} is refused: one expression over a row's columns is allowed; ${what}.`,
  )
}
