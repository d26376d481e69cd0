import type { Diagnostic } from '../../graph/diagnostic.ts'
import type { HostFault } from '../../protocol/workbench.ts'

/** Why a request failed. Code decides by `tag`, people read `message`. */
export class HostError extends Error {
  override readonly name = 'HostError'
  /** `lost`: the connection went away before the answer came. */
  readonly tag: HostFault['tag'] | 'lost'
  readonly diagnostics: readonly Diagnostic[]
  constructor(fault: Omit<HostFault, 'tag'> & { readonly tag: HostError['tag'] }) {
    super(fault.message)
    this.tag = fault.tag
    this.diagnostics = fault.diagnostics ?? []
  }
}

export const isFault = (error: unknown, tag: HostError['tag']): boolean =>
  error instanceof HostError && error.tag === tag

/** For a notice. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
