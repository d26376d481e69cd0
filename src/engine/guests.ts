import type { EngineName } from '../protocol/engine-name.ts'
import type { Backend } from '../runtime/backend.ts'
import type { DeviceOptions } from './devices.ts'

/** The backend of a run, and what was asked for when it was opened. */
export interface Lent {
  readonly backend: Backend
  readonly asked: DeviceOptions & { readonly engine: EngineName }
}

/**
 * What others have done on the backend of a run that is under way: between two of its steps or nodes, while nothing
 * of it computes. It takes no step and touches no state of the run, which waits until it is done.
 */
export class Guests {
  private readonly waiting: ((lent: Lent | undefined) => Promise<void>)[] = []
  private serving: Promise<void> | undefined
  private lent: Lent | undefined
  private isHeld = false
  private hasEnded = false

  /** The run's backend is open. */
  lend(lent: Lent): void {
    this.lent = lent
  }

  /** Resolves to what the work gives; undefined, without having begun it, where the run ends first. */
  visit<T>(work: (lent: Lent) => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push(async lent => {
        if (lent) await work(lent).then(resolve, reject)
        else resolve(undefined)
      })
      if (this.isHeld || this.hasEnded) void this.serve()
    })
  }

  /** Passed between two steps or nodes; undefined where nobody waits. */
  serve(): Promise<void> | undefined {
    if (this.waiting.length > 0)
      this.serving ??= this.serveAll().finally(() => {
        this.serving = undefined
      })
    return this.serving
  }

  /** While a run is held at its gate, guests come at once; it goes on when the last of them has gone. */
  during<T>(gate: Promise<T> | T): Promise<T> | T {
    if (!(gate instanceof Promise)) return gate
    this.isHeld = true
    void this.serve()
    return gate.finally(() => {
      this.isHeld = false
      return this.serve()
    })
  }

  /** Before the run's backend is closed. */
  async end(): Promise<void> {
    this.lent = undefined
    this.hasEnded = true
    await this.serve()
  }

  private async serveAll(): Promise<void> {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) await next(this.lent)
  }
}
