import { reason } from '../data/error.ts'
import type { BadRow } from '../data/table.ts'
import type { Registry } from '../graph/kit.ts'
import type { Event } from '../protocol/messages.ts'
import type { Backend } from '../runtime/backend.ts'
import type { CodeHash } from './code-hash.ts'
import type { Errand, Place } from './control.ts'
import type { Guests } from './guests.ts'
import type { Reasons } from './reasons.ts'
import type { WatchBoard } from './watch/board.ts'

/** How a person wants a run to end early. */
export type StopHow = 'checkpoint' | 'cancel'

/** What every part of the engine works with during one command. */
export interface EngineContext {
  readonly registry: Registry
  readonly cacheDir: string
  readonly codeHash: CodeHash
  readonly emit: (event: Event) => void
  /** Aborted once someone asked to stop: for work on the host that has nothing to commit. */
  readonly signal: AbortSignal
  /** Set once someone asked to stop; training looks at it at each step. */
  readonly stopping: () => StopHow | undefined
  /**
   * Passed before each node and each step: where a run is held, and goes on from. What it resolves to is to be done
   * before, and the gate then passed again.
   */
  readonly gate: (node: string, place?: Place) => Promise<Errand | undefined> | Errand | undefined
  /** Whom a run lets compute on its backend between its steps. None outside a run. */
  readonly guests?: Guests
  /** Awaited after each step: undefined unless very many events wait to be sent. */
  readonly room: () => Promise<void> | undefined
  /** Says how logged metrics reach the disk, which they do before they are sent. */
  readonly persistWith: (persist: () => Promise<void>) => void
  /** Packs are read by their headers, and none is made: whoever plans a run only looks. */
  readonly looksOnly?: boolean
  /** Where a graph that is only looked at may be looked into besides its own folder; everywhere without. */
  readonly places?: readonly string[]
  /** What people watch. None outside a run. */
  readonly watches?: WatchBoard
  /** Why nodes run. None outside a run. */
  readonly reasons?: Reasons
  /** Keeps all rows that a node left out; returns the file that will name them. None outside a run. */
  readonly leftOut?: (node: string, rows: readonly BadRow[]) => string
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

/** At most this often a node's progress is told; its first and last are always. */
const PROGRESS_MS = 100

/** Tells how far a node's job has come, not for every row of thousands. */
export function progressOf(
  node: string,
  context: Pick<EngineContext, 'emit'>,
): (what: string, done: number, total: number) => void {
  let last = Number.NEGATIVE_INFINITY
  let doing = ''
  return (what, done, total) => {
    const now = performance.now()
    if (what === doing && done < total && now - last < PROGRESS_MS) return
    last = now
    doing = what
    context.emit({ type: 'progress', node, what, done, total })
  }
}

/** A result that can't be cached (a full disk, a read-only folder) is only made again by the next run. */
export async function keepIfPossible(
  node: string,
  context: Pick<EngineContext, 'emit'>,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write()
  } catch (e) {
    const message = `its result could not be kept in the cache: ${reason(e)}`
    context.emit({ type: 'log', level: 'warning', node, message })
  }
}

export interface DeviceContext extends EngineContext {
  readonly backend: Backend
}
