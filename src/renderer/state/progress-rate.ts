/** A pace that was seen for less than this says little. */
const LEAST_MS = 1_000

/** How long a node will be at what it does, from what it got done since this window has seen it begin. */
export class ProgressRate {
  private what = ''
  private first: { readonly at: number; readonly done: number } | undefined

  /** So much was done of it at this time, in milliseconds; the seconds that are left, where that can be said. */
  add(what: string, at: number, done: number, total: number): number | undefined {
    // Something else, or the same again.
    if (!this.first || what !== this.what || done < this.first.done) {
      this.what = what
      this.first = { at, done }
    }
    const [took, got] = [at - this.first.at, done - this.first.done]
    if (total <= 0 || got <= 0 || took < LEAST_MS) return undefined
    return (Math.max(0, total - done) * took) / got / 1000
  }
}
