/** Older samples say little about how fast things go now. */
const WINDOW_MS = 30_000

/** How many things a second get done lately. */
export class Rate {
  private samples: { readonly at: number; readonly done: number }[] = []

  add(at: number, done: number): void {
    this.samples.push({ at, done })
    const from = this.samples.findIndex(s => s.at >= at - WINDOW_MS)
    // Two samples at least: a slow thing may take longer than the window.
    if (from > 0) this.samples.splice(0, Math.min(from, this.samples.length - 2))
  }

  /** Undefined until two samples are there. */
  get perSecond(): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)]
    if (!first || !last || last.at <= first.at) return undefined
    return ((last.done - first.done) / (last.at - first.at)) * 1000
  }

  /** Seconds until `total` are done. */
  left(total: number): number | undefined {
    const [speed, last] = [this.perSecond, this.samples.at(-1)]
    return speed && last ? Math.max(0, total - last.done) / speed : undefined
  }
}
