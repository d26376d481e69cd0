import type { Library } from './library.ts'
import { Struct } from './struct.ts'

// Waiting blocks a thread of libuv's pool (4 by default), which file reads need too.
const MAX_WAITERS = 2

/** Hands out the few threads that may block on events; the others queue, first come first served. */
class Waiters {
  private free = MAX_WAITERS
  private readonly queue: (() => void)[] = []

  async run(wait: () => Promise<void>): Promise<void> {
    if (this.free === 0) await new Promise<void>(resume => this.queue.push(resume))
    else this.free--
    try {
      await wait()
    } finally {
      const next = this.queue.shift()
      if (next) next()
      else this.free++
    }
  }
}

const waiters = new Waiters()

/** A `PJRT_Event`: work that XLA does meanwhile. Exactly one of `settle`, `finish` and `discard` ends it. */
export class PjrtEvent {
  private readonly library: Library
  private readonly handle: bigint

  /** A null handle is an event that is over already. */
  constructor(library: Library, handle: bigint) {
    this.library = library
    this.handle = handle
    if (handle !== 0n) library.ledger.events++
  }

  isReady(): boolean {
    if (this.handle === 0n) return true
    return this.library.call('PJRT_Event_IsReady', { event: this.handle }).number('is_ready') !== 0
  }

  /** Waits without blocking the event loop, then frees the event. Throws what the work failed with. */
  async settle(): Promise<void> {
    if (this.isReady()) return this.finish()
    try {
      await waiters.run(async () => {
        // It may have come true while this one queued for a thread.
        if (!this.isReady()) await this.library.callAsync('PJRT_Event_Await', { event: this.handle })
      })
      this.library.call('PJRT_Event_Error', { event: this.handle })
    } finally {
      this.discard()
    }
  }

  /** Like `settle`, but blocks the thread until the work is done. */
  finish(): void {
    if (this.handle === 0n) return
    try {
      this.library.call('PJRT_Event_Await', { event: this.handle })
    } finally {
      this.discard()
    }
  }

  /** Frees the event and leaves the work to itself. */
  discard(): void {
    if (this.handle === 0n) return
    this.library.invoke('PJRT_Event_Destroy', new Struct('PJRT_Event_Destroy_Args', { event: this.handle }))
    this.library.ledger.events--
  }
}
