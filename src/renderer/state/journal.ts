import type { GraphCommand } from '../../graph/commands.ts'
import type { HostClient } from '../host/client.ts'
import { isFault } from '../host/fault.ts'

/**
 * Sends edits to the host one after another, and lets nothing overtake them: a save waits for the edits
 * before it, and the edits after it wait for the save.
 */
export class Journal {
  private readonly client: HostClient
  private readonly failed: (error: unknown) => void
  private document: string | null = null
  private queue: GraphCommand[] = []
  private work: Promise<void> = Promise.resolve()
  /** How many edits the host has confirmed since the document was opened or saved. */
  private confirmed: GraphCommand[] = []

  constructor(client: HostClient, failed: (error: unknown) => void) {
    this.client = client
    this.failed = failed
  }

  /** From now on edits belong to this document. `had`: those that the host has of it already. */
  begin(document: string, had: readonly GraphCommand[] = []): void {
    this.document = document
    this.queue = []
    this.confirmed = [...had]
  }

  push(command: GraphCommand): void {
    this.queue.push(command)
    this.work = this.work.then(() => this.drain()).catch(this.failed)
  }

  /**
   * Saves, when every edit before has been sent: `job` must read the document at once. Edits made meanwhile follow
   * after it. Edits that could not be journalled don't hold it up: what is saved holds them.
   */
  exclusive<T>(job: () => Promise<T>): Promise<T> {
    const done = this.work
      .then(() => this.drain())
      .catch(() => {})
      .then(async () => {
        const covered = this.queue.length
        const result = await job()
        this.queue.splice(0, covered)
        this.confirmed = []
        return result
      })
    this.work = done
      .then(
        () => this.drain(),
        () => {},
      )
      .catch(this.failed)
    return done
  }

  /** After a lost connection: the host opened the document anew and has `had` of its edits. False: it has others. */
  again(document: string, had: readonly GraphCommand[]): boolean {
    const all = [...this.confirmed, ...this.queue]
    const known =
      had.length <= all.length && had.every((c, i) => JSON.stringify(c) === JSON.stringify(all[i]))
    this.document = document
    this.confirmed = known ? all.slice(0, had.length) : [...had]
    this.queue = known ? all.slice(had.length) : []
    this.work = this.work.then(() => this.drain()).catch(this.failed)
    return known
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0 && this.document !== null) {
      const [command] = this.queue as [GraphCommand]
      const queue = this.queue
      try {
        await this.client.request('document.journal', { document: this.document, command })
      } catch (error) {
        // Edits stay in the queue; `again` sends them when the connection is back, or the next edit tries again.
        if (isFault(error, 'lost')) return
        throw error
      }
      // Another document may have been opened meanwhile.
      if (this.queue !== queue) continue
      queue.shift()
      this.confirmed.push(command)
    }
  }
}

/** The journal of the document that is shown; those of others go on by themselves. */
export class JournalSlot {
  current: Journal
  private readonly make: () => Journal

  constructor(make: () => Journal) {
    this.make = make
    this.current = make()
  }

  /** Puts the journal aside, with what it has still to send, for a fresh one. */
  putAside(): Journal {
    const before = this.current
    this.current = this.make()
    return before
  }
}
