import { ERROR_CODE } from './enums.ts'

export type ErrorCode = keyof typeof ERROR_CODE

const NAMES = new Map<number, ErrorCode>(
  Object.entries(ERROR_CODE).map(([name, value]) => [value, name as ErrorCode]),
)

export const errorCode = (value: number): ErrorCode => NAMES.get(value) ?? 'UNKNOWN'

/** What XLA refused. `message` is one line; `details` is all that XLA said. */
export class PjrtError extends Error {
  override readonly name = 'PjrtError'
  readonly code: ErrorCode
  readonly details: string

  constructor(what: string, code: ErrorCode, details: string) {
    super(`${what}: ${details.split('\n', 1)[0]} (${code})`)
    this.code = code
    this.details = details
  }
}

/** The plugin is not there, or can't be used. The message says what to do. */
export class PluginError extends Error {
  override readonly name = 'PluginError'
}
