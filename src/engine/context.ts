import type { Registry } from '../graph/kit.ts'
import type { Event } from '../protocol/messages.ts'
import type { Backend } from '../runtime/backend.ts'
import type { CodeHash } from './code-hash.ts'

/** How a person wants a run to end early. */
export type StopHow = 'checkpoint' | 'cancel'

/** What every part of the engine works with during one command. */
export interface EngineContext {
  readonly registry: Registry
  readonly cacheDir: string
  readonly codeHash: CodeHash
  readonly emit: (event: Event) => void
  /** Aborted when a run is cancelled. */
  readonly signal: AbortSignal
  /** Set once someone asked to stop; training looks at it at each step. */
  readonly stopping: () => StopHow | undefined
}

/** Raised at a step or node boundary after a stop was asked for; everything worth keeping is committed. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly how: StopHow
  constructor(how: StopHow) {
    super(`stopped (${how})`)
    this.how = how
  }
}

export interface DeviceContext extends EngineContext {
  readonly backend: Backend
}
