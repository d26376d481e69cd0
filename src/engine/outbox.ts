import { setImmediate as turn } from 'node:timers/promises'
import type { Event, Message } from '../protocol/messages.ts'

/** What is not urgent is sent this often. */
const EVERY_MS = 60
/** Never more batches than this within a second, urgent or not. */
const PER_SECOND = 20
/** Events of one batch at most. */
const BATCH = 1000
/** Batches that the host has not taken yet; with more on the way, events wait here. */
const UNTAKEN = 3
/** With more events waiting than this, training waits too. */
const CROWDED = 4000

/** Sends a message; a promise resolves once the other side's pipe has taken it. */
export type Send = (message: Message) => void | Promise<void>

/** What a person waits for: a pause, a checkpoint, the end of a node. It takes what was said before along. */
function isUrgent(event: Event): boolean {
  switch (event.type) {
    case 'run':
    case 'paused':
    case 'resumed':
    case 'train':
    case 'checkpoint':
    case 'report':
      return true
    case 'node':
      return event.state !== 'running'
    default:
      return false
  }
}

/**
 * The events of one command on their way to the host: in order, in batches, metrics on the disk before they are
 * sent. A host that lags makes events wait here, and very many waiting events make training wait.
 */
export class Outbox {
  private readonly id: number
  private readonly send: Send
  private queue: Event[] = []
  private urgent = false
  private closing = false
  private untaken = 0
  /** When the batches of the last second were sent. */
  private sent: number[] = []
  private timer: NodeJS.Timeout | undefined
  private sending = false
  private persist: (() => Promise<void>) | undefined
  private fault: unknown
  private waiting: (() => void)[] = []

  constructor(id: number, send: Send) {
    this.id = id
    this.send = send
  }

  emit(event: Event): void {
    this.queue.push(event)
    if (isUrgent(event)) this.urgent = true
    this.schedule()
  }

  /** What puts the metrics of the events so far on the disk; called before a batch with step events is sent. */
  persistWith(persist: () => Promise<void>): void {
    this.persist = persist
  }

  /**
   * Undefined where there is room for more; else resolves once there is. Throws or rejects where metrics could not
   * be written.
   */
  room(): Promise<void> | undefined {
    if (this.fault) throw this.fault
    if (this.queue.length < CROWDED) return undefined
    return this.until(() => this.queue.length <= CROWDED / 2 || this.fault !== undefined).then(() => {
      if (this.fault) throw this.fault
    })
  }

  /** Resolves once all events are sent. */
  async close(): Promise<void> {
    this.closing = true
    this.schedule()
    await this.until(() => this.queue.length === 0 && !this.sending)
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>(resolve => this.waiting.push(resolve))
  }

  private changed(): void {
    for (const wake of this.waiting.splice(0)) wake()
    this.schedule()
  }

  private schedule(): void {
    if (this.sending || this.queue.length === 0 || this.untaken >= UNTAKEN) return
    clearTimeout(this.timer)
    const delay = this.delay(performance.now())
    if (delay > 0) this.timer = setTimeout(() => this.schedule(), delay)
    else void this.sendBatch()
  }

  /** Milliseconds until the next batch may go. */
  private delay(now: number): number {
    this.sent = this.sent.filter(at => at > now - 1000)
    if (this.sent.length >= PER_SECOND) return this.sent[0]! + 1000 - now
    if (this.urgent || this.closing || this.queue.length >= BATCH) return 0
    return Math.max(0, (this.sent.at(-1) ?? 0) + EVERY_MS - now)
  }

  private async sendBatch(): Promise<void> {
    this.sending = true
    // What is said in the same breath goes together.
    await turn()
    let events = this.queue.splice(0, BATCH)
    this.urgent = this.queue.some(isUrgent)
    if (events.some(e => e.type === 'step') && !(await this.persisted()))
      events = events.filter(e => e.type !== 'step')
    this.sent.push(performance.now())
    if (events.length) {
      this.untaken++
      const taken = () => {
        this.untaken--
        this.changed()
      }
      Promise.resolve(this.send({ type: 'events', id: this.id, events })).then(taken, taken)
    }
    this.sending = false
    this.changed()
  }

  /** False where metrics can't be written: then they are not told either, and training hears why. */
  private async persisted(): Promise<boolean> {
    try {
      await this.persist?.()
    } catch (e) {
      this.fault ??= e
    }
    return this.fault === undefined
  }
}
