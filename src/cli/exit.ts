/** What the process exits with. A signal's code is 128 + its number, as shells have it. */
export const EXIT = {
  ok: 0,
  /** Diagnostics, or a failure of what was asked for. */
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  hangUp: 129,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const

/** A failure to be shown to a person as it is. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: number
  constructor(message: string, code: number = EXIT.failed) {
    super(message)
    this.code = code
  }
}
