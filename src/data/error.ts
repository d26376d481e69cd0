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

const SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free some space and go on',
  EDQUOT: 'The disk quota is used up. Free some space and go on',
  EACCES: 'It may not be read or written. Change its permissions, or choose another place',
  EPERM: 'It may not be changed. Change its permissions, or choose another place',
  EROFS: 'The disk can only be read. Choose another place',
  ENOTDIR: 'A file stands where a folder should be. Move it, or choose another place',
  EEXIST: 'A file stands where a folder should be. Move it, or choose another place',
  EIO: 'The disk does not answer as it should. Check it',
  EMFILE: 'Too many files are open. Raise the limit (ulimit -n)',
}

/** What a failing disk means for a person; undefined for every other error. */
export function diskFault(error: unknown): string | undefined {
  const advice = SYSTEM[systemCode(error) ?? '']
  return advice && `${advice} (${reason(error)}).`
}
