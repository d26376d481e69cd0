import type { Event } from '../../src/protocol/messages.ts'
import type { LiveEngine } from './live.ts'

type Paused = Extract<Event, { type: 'paused' }>

/** A held run that is told where to go. */
export class HeldRun {
  private readonly live: LiveEngine
  private readonly id: number
  private seen = 0

  private constructor(live: LiveEngine, id: number) {
    this.live = live
    this.id = id
  }

  /** Of a run that was started paused. */
  static async begin(live: LiveEngine, id: number): Promise<HeldRun> {
    const held = new HeldRun(live, id)
    await held.paused()
    return held
  }

  /** Where it is held next. */
  async paused(): Promise<Paused> {
    const { event, at } = await this.live.until(this.id, 'paused', this.seen)
    this.seen = at + 1
    return event
  }

  async go(action: 'step' | 'back' | 'seek', steps: number): Promise<Paused> {
    await this.live.control(this.id, action, steps)
    return this.paused()
  }

  /** The hash of the state in which it is held. */
  async hash(): Promise<string> {
    const from = this.live.events(this.id).length
    await this.live.control(this.id, 'hash')
    return (await this.live.until(this.id, 'state', from)).event.hash
  }
}
