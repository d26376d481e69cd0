import { destroyBuffer } from './buffer.ts'
import type { PjrtEvent } from './event.ts'
import type { Library } from './library.ts'

// One call that runs and one that waits keep the device busy. XLA itself would block the caller's thread at 32.
const MAX_QUEUED = 2

/** A call that the devices work on. */
export interface Call {
  /** One for each device. */
  readonly done: readonly PjrtEvent[]
  /** Handles of the donated arguments. Freeing one blocks until the call is done, so they wait here for it. */
  readonly donated: readonly bigint[]
}

const isDone = ({ done }: Call): boolean => done.every(event => event.isReady())

/** The calls that the devices have not finished yet, oldest first. */
export class Pipeline {
  private readonly library: Library
  private readonly calls: Call[] = []
  private failure: unknown = undefined

  constructor(library: Library) {
    this.library = library
  }

  push(call: Call): void {
    this.calls.push(call)
  }

  /** How many calls the device has not finished. */
  get running(): number {
    return this.calls.filter(call => !isDone(call)).length
  }

  /** Frees what finished calls have held. Throws what an earlier call failed with, once. */
  reap(): void {
    while (this.calls[0] && isDone(this.calls[0])) this.end(this.calls.shift()!)
    if (this.failure === undefined) return
    const failure = this.failure
    this.failure = undefined
    throw failure
  }

  /** Resolves when the device has at most a few calls before it, so that the host never runs far ahead. */
  async admit(): Promise<void> {
    while (this.calls.length > MAX_QUEUED) {
      const call = this.calls.shift()!
      for (const part of await Promise.allSettled(call.done.map(event => event.settle())))
        if (part.status === 'rejected') this.failure ??= part.reason
      this.bury(call)
    }
  }

  /** Blocks until the device has nothing left to do. */
  drain(): void {
    while (this.calls.length > 0) this.end(this.calls.shift()!)
  }

  private end(call: Call): void {
    for (const event of call.done)
      try {
        event.finish()
      } catch (error) {
        this.failure ??= error
      }
    this.bury(call)
  }

  private bury(call: Call): void {
    for (const handle of call.donated) destroyBuffer(this.library, handle)
  }
}
