import type { Registry } from '../graph/kit.ts'
import type { Event } from '../protocol/messages.ts'
import type { Backend } from '../runtime/backend.ts'
import type { CodeHash } from './code-hash.ts'
import type { Reasons } from './reasons.ts'

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
  /** Passed before each node and each step: where a run is held, and goes on from. */
  readonly gate: (node: string, step?: number) => Promise<void> | undefined
  /** Awaited after each step: undefined unless very many events wait to be sent. */
  readonly room: () => Promise<void> | undefined
  /** Says how logged metrics reach the disk, which they do before they are sent. */
  readonly persistWith: (persist: () => Promise<void>) => void
  /** Why nodes run. None outside a run. */
  readonly reasons?: Reasons
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
