import type { Command, Event, ParamChange } from '../protocol/messages.ts'

type Action = Extract<Command, { type: 'control' }>['action']

/** Where a Train stands before a step. */
export interface Place {
  readonly step: number
  /** No step follows: it is held here where it would stand still anyway. */
  readonly last: boolean
  /** What the window is told where the run is held here. */
  readonly held: () => { readonly reached: number; readonly kept: readonly number[] }
  /** Called once that is told: holds the state in memory, which may take a moment. */
  readonly keep: () => Promise<void>
}

/** What is to be done before the next step; the Train passes the gate again afterwards. */
export type Errand =
  /** Goes to a state at or before the one that has taken `to` steps; `again` hears how many are to be made again. */
  | { readonly do: 'go'; readonly to: number; readonly again: (steps: number) => void }
  | { readonly do: 'hash' }
  | { readonly do: 'commit' }
  | { readonly do: 'weights' }
  | { readonly do: 'edit'; readonly changes: readonly ParamChange[] }

/**
 * Holds a run between two steps or two nodes, lets it take some steps, go back, or go on. What a step computes
 * depends on its number and the state alone, so neither holding nor going back changes anything.
 */
export class RunControl {
  private readonly emit: (event: Event) => void
  /** Steps that may be taken before the run holds. */
  private allowed = Number.POSITIVE_INFINITY
  /** To hold at the first step of all. */
  private armed: boolean
  /** Windows know that it is held. */
  private told = false
  private ended = false
  /** Where to go from the step at which it stands or will hold. */
  private heading: ((from: number) => number) | undefined
  private errands: Errand[] = []
  private wake: (() => void) | undefined

  constructor(emit: (event: Event) => void, paused: boolean) {
    this.emit = emit
    this.armed = paused
  }

  /** `steps`: for `step` and `back` how many, for `seek` which one. */
  take(action: Action, steps = 1): void {
    const count = Math.max(1, Math.floor(steps))
    switch (action) {
      case 'pause':
        this.head(0)
        break
      case 'resume':
        this.head(Number.POSITIVE_INFINITY)
        break
      case 'step':
        if (this.heading) this.turn(from => from + count)
        else this.head((Number.isFinite(this.allowed) ? this.allowed : 0) + count)
        break
      case 'back':
        this.turn(from => from - count)
        break
      case 'seek':
        this.heading = undefined
        this.turn(() => Math.floor(steps))
        break
      case 'hash':
      case 'commit':
      case 'weights':
        this.errands.push({ do: action })
    }
    this.wake?.()
  }

  /** Changes parameters before the next step, or where the run will hold. */
  edit(changes: readonly ParamChange[]): void {
    this.errands.push({ do: 'edit', changes })
    this.wake?.()
  }

  /** A stop was asked for: whoever is held goes on, and finds it. */
  end(): void {
    this.ended = true
    this.wake?.()
  }

  /**
   * Passed before each node, and before each step of a Train. Resolves when the run may go on, or to what is to be
   * done before.
   */
  gate(node: string, place?: Place): Promise<Errand | undefined> | Errand | undefined {
    if (this.ended) return undefined
    if (this.armed && place) this.take('pause')
    const errand = place && this.errand(place)
    if (errand) return errand
    if (this.allowed === 0) return this.hold(node, place)
    this.goOn()
    if (place && !place.last) this.allowed--
    return undefined
  }

  private head(allowed: number): void {
    this.armed = false
    this.heading = undefined
    this.allowed = allowed
  }

  /** Adds to where it is going. */
  private turn(by: (from: number) => number): void {
    this.armed = false
    const before = this.heading
    this.heading = before ? from => by(before(from)) : by
  }

  private errand({ step }: Place): Errand | undefined {
    const { heading, allowed } = this
    // On its way to where it holds it is not where the person who asked is.
    if (!heading) return Number.isFinite(allowed) && allowed > 0 ? undefined : this.errands.shift()
    this.heading = undefined
    this.goOn()
    // From where it will hold, so that going back while steps are made again counts from their end.
    const to = heading(step + (Number.isFinite(this.allowed) ? this.allowed : 0))
    this.allowed = 0
    const again = (steps: number) => {
      this.allowed += steps
    }
    return { do: 'go', to, again }
  }

  private async hold(node: string, place: Place | undefined): Promise<Errand | undefined> {
    if (!this.told) {
      this.emit({ type: 'paused', node, ...(place && { step: place.step, ...place.held() }) })
      this.told = true
      await place?.keep()
    }
    while (this.allowed === 0 && !this.ended) {
      if (place && this.heading) break
      if (place && this.errands.length > 0) return this.errands.shift()
      if (!place) this.refuse(node)
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    }
    this.wake = undefined
    if (this.ended) return undefined
    if (place && this.heading) return this.errand(place)
    this.goOn()
    if (place) this.allowed--
    return undefined
  }

  /** It is held no more. A word may have come while an errand was done, so that nobody waits in `hold`. */
  private goOn(): void {
    if (this.told) this.emit({ type: 'resumed' })
    this.told = false
  }

  /** Before a node that takes no steps there is nowhere to go. */
  private refuse(node: string): void {
    if (!this.heading && this.errands.length === 0) return
    this.heading = undefined
    this.errands = []
    const message =
      'The run is held between two nodes: only within the training of a Train can it be stepped back.'
    this.emit({ type: 'log', level: 'warning', node, message })
  }
}
