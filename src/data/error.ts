import type { BadRow } from './table.ts'

const LISTED = 10

/** Something is wrong with the data itself; its message is meant for the person, and never needs a stack trace. */
export class DataError extends Error {
  override readonly name = 'DataError'
  /** The rows at fault, all of them; the message lists the first ten. */
  readonly bad: readonly BadRow[]

  constructor(message: string, bad: readonly BadRow[] = []) {
    super(message)
    this.bad = bad
  }
}

/** A DataError that lists the first ten bad rows and how many there are. */
export function badRowsError(what: string, bad: readonly BadRow[], hint: string): DataError {
  const listed = bad.slice(0, LISTED).map(row => `  ${row.where}: ${row.problem}`)
  const rest = bad.length > LISTED ? [`  … and ${bad.length - LISTED} more`] : []
  const count = bad.length === 1 ? '1 bad row' : `${bad.length} bad rows`
  return new DataError([`${what}: ${count}.`, ...listed, ...rest, hint].join('\n'), bad)
}

/** The `code` of a system error (`ENOENT`, `ENOSPC` …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The message of anything thrown, on one line and without its last full stop. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text
    .trim()
    .replace(/\s*\n\s*/g, '; ')
    .replace(/[.:;]+$/, '')
}
