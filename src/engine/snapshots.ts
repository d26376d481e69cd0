import type { TrainStep } from '../graph/compile/train-step.ts'
import { byteLength, elementCount } from '../ir/types.ts'
import type { LoopState } from './train-loop.ts'

/** Taking snapshots costs at most about this fraction of training. */
const SHARE = 0.02
/** More than this many are no better: their list goes to windows whenever the run holds. */
const MOST = 200

/** Bytes that each state of a Train has. */
export const bytesOfStates = ({ weights, state }: Pick<TrainStep, 'weights' | 'state'>): number =>
  weights.reduce((n, w) => n + 4 * elementCount(w.shape), 0) +
  state.reduce((n, s) => n + byteLength(s.type), 0)

/** Bytes of a state. */
export function stateBytes({ weights, optimizer }: LoopState): number {
  let bytes = 0
  for (const arrays of [weights, optimizer]) for (const a of arrays.values()) bytes += a.bytes.length
  return bytes
}

/**
 * States of one Train in the host's memory, to go back to. Bounded in bytes: where a further one won't fit, the one
 * goes whose neighbours are closest together for their age, so that the steps just taken are dense and earlier ones
 * ever further apart. How often one is taken follows from what it costs beside a step.
 */
export class Snapshots {
  private readonly limit: number
  private readonly each: number
  /** By rising step. */
  private held: LoopState[] = []
  private bytes = 0
  private stepMs = 0
  private copyMs = 0

  /** `limit`: bytes; with 0 nothing is held. `each`: bytes of a state, so that one that is too large is never copied. */
  constructor(limit: number, each = 0) {
    this.limit = limit
    this.each = each
  }

  /** The steps that are held, rising. */
  get steps(): readonly number[] {
    return this.held.map(s => s.step)
  }

  get heldBytes(): number {
    return this.bytes
  }

  get isOff(): boolean {
    return this.limit === 0 || this.each > this.limit
  }

  /** Notes what a step took; the mean follows the steps of late. */
  tookStep(ms: number): void {
    this.stepMs = this.stepMs === 0 ? ms : 0.9 * this.stepMs + 0.1 * ms
  }

  /** Notes what copying the state took. */
  tookCopy(ms: number): void {
    this.copyMs = ms
  }

  /** Whether a snapshot before this step is worth its time. */
  isDue(step: number): boolean {
    if (this.isOff || this.has(step)) return false
    const before = this.nearest(step)
    if (!before || this.stepMs === 0) return true
    return (step - before.step) * this.stepMs * SHARE >= this.copyMs
  }

  has(step: number): boolean {
    return this.held.some(s => s.step === step)
  }

  /** The latest that is held at or before a step. */
  nearest(step: number): LoopState | undefined {
    return this.held.findLast(s => s.step <= step)
  }

  /** Holds a state, in place of others where there is no room; one that is larger than the limit is not held. */
  hold(state: LoopState): void {
    const bytes = stateBytes(state)
    if (bytes > this.limit || this.has(state.step)) return
    const at = this.held.findLastIndex(s => s.step < state.step) + 1
    this.held.splice(at, 0, state)
    this.bytes += bytes
    const newest = this.held.at(-1)!.step
    while (this.bytes > this.limit || this.held.length > MOST) this.drop(this.leastMissed(newest, state))
  }

  /** Forgets all after a step. */
  cut(step: number): void {
    while ((this.held.at(-1)?.step ?? step) > step) this.drop(this.held.length - 1)
  }

  private drop(index: number): void {
    const [gone] = this.held.splice(index, 1)
    if (gone) this.bytes -= stateBytes(gone)
  }

  /**
   * The one without which least is to be made again for its age. The newest and the one that was just taken stay, and
   * the first of all where others can go.
   */
  private leastMissed(newest: number, taken: LoopState): number {
    let least = this.held[0] === taken ? 1 : 0
    let smallest = Number.POSITIVE_INFINITY
    for (let i = 1; i < this.held.length - 1; i++) {
      const s = this.held[i]!
      if (s === taken) continue
      const gap = (this.held[i + 1]!.step - this.held[i - 1]!.step) / (newest - s.step)
      if (gap >= smallest) continue
      smallest = gap
      least = i
    }
    return least
  }
}
