import type { Command, Event } from '../protocol/messages.ts'

type Action = Extract<Command, { type: 'control' }>['action']

/**
 * Holds a run between two steps or two nodes, lets it take some steps, or lets it go on. What a step computes
 * depends on its number alone, so holding changes nothing.
 */
export class RunControl {
  private readonly emit: (event: Event) => void
  /** Steps that may be taken before the run holds. */
  private allowed = Number.POSITIVE_INFINITY
  /** To hold at the first step of all. */
  private armed: boolean
  private ended = false
  private wake: (() => void) | undefined

  constructor(emit: (event: Event) => void, paused: boolean) {
    this.emit = emit
    this.armed = paused
  }

  take(action: Action, steps = 1): void {
    this.armed = false
    if (action === 'pause') this.allowed = 0
    else if (action === 'resume') this.allowed = Number.POSITIVE_INFINITY
    else this.allowed = (Number.isFinite(this.allowed) ? this.allowed : 0) + Math.max(1, Math.floor(steps))
    this.wake?.()
  }

  /** A stop was asked for: whoever is held goes on, and finds it. */
  end(): void {
    this.ended = true
    this.wake?.()
  }

  /** Passed before each node, and before each step of a Train. Resolves when the run may go on. */
  gate(node: string, step?: number): Promise<void> | undefined {
    if (this.armed && step !== undefined) this.take('pause')
    if (this.allowed === 0 && !this.ended) return this.hold(node, step)
    if (step !== undefined) this.allowed--
    return undefined
  }

  private async hold(node: string, step: number | undefined): Promise<void> {
    this.emit({ type: 'paused', node, ...(step === undefined ? {} : { step }) })
    while (this.allowed === 0 && !this.ended)
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    this.wake = undefined
    if (this.ended) return
    this.emit({ type: 'resumed' })
    if (step !== undefined) this.allowed--
  }
}
