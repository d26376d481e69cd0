/** Older samples say little about how fast it goes now. */
const WINDOW_MS = 6_000

/** Smoothed steps per second of training. The time in which a run was paused does not count. */
export class StepRate {
  private samples: { readonly at: number; readonly done: number }[] = []
  private pausedSince: number | null = null
  private pausedFor = 0

  /** So many steps were done at this time, in milliseconds. */
  add(at: number, done: number): void {
    // Single steps of a paused run say nothing.
    if (this.pausedSince !== null) return
    const active = at - this.pausedFor
    // It went back to an earlier step.
    if (this.samples.some(s => s.done > done)) this.samples = []
    const last = this.samples.at(-1)
    if (last && active <= last.at) this.samples[this.samples.length - 1] = { at: last.at, done }
    else this.samples.push({ at: active, done })
    const from = this.samples.findIndex(s => s.at >= active - WINDOW_MS)
    // Two samples at least: a slow step may take longer than the window.
    if (from > 0) this.samples.splice(0, Math.min(from, this.samples.length - 2))
  }

  /** Another clock counts from here on: what was measured with the one before says nothing in it. */
  restart(): void {
    this.samples = []
    this.pausedSince = null
    this.pausedFor = 0
  }

  pause(at: number): void {
    this.pausedSince ??= at
  }

  resume(at: number): void {
    if (this.pausedSince === null) return
    this.pausedFor += at - this.pausedSince
    this.pausedSince = null
    // Steps taken one by one while paused are behind: the count begins anew, the speed is kept by the next two.
    this.samples = []
  }

  /** Null until two samples are there, and while paused. */
  get perSecond(): number | null {
    if (this.pausedSince !== null) return null
    const [first, last] = [this.samples[0], this.samples.at(-1)]
    if (!first || !last || last.at <= first.at) return null
    return ((last.done - first.done) / (last.at - first.at)) * 1000
  }
}
