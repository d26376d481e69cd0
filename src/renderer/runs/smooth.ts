/**
 * TensorBoard's smoothing: an exponential moving average m ← w m + (1 − w) x, divided by 1 − wⁿ so that it does not
 * start at 0. Numbers that are not finite are kept as they are and do not enter the average.
 */
export function smooth(values: ArrayLike<number>, length: number, weight: number): Float64Array {
  const out = new Float64Array(length)
  const w = Math.min(Math.max(weight, 0), 0.9999)
  let mean = 0
  let left = 1
  for (let i = 0; i < length; i++) {
    const x = values[i]!
    if (!Number.isFinite(x)) {
      out[i] = x
      continue
    }
    mean = mean * w + (1 - w) * x
    left *= w
    out[i] = mean / (1 - left)
  }
  return out
}

/** The same for numbers that grow: only what is new is computed. */
export class RunningSmooth {
  private readonly weight: number
  private source: ArrayLike<number> | undefined
  private out = new Float64Array(0)
  private done = 0
  private mean = 0
  private left = 1

  constructor(weight: number) {
    this.weight = Math.min(Math.max(weight, 0), 0.9999)
  }

  /** The smoothed values of the first `length`; valid until the next call. */
  of(values: ArrayLike<number>, length: number): Float64Array {
    // Fewer values than before, or another first one: another run.
    if (length < this.done || (this.done > 0 && this.source?.[0] !== values[0])) this.restart()
    this.source = values
    if (this.out.length < length) {
      const grown = new Float64Array(Math.max(256, length * 2))
      grown.set(this.out.subarray(0, this.done))
      this.out = grown
    }
    const w = this.weight
    for (; this.done < length; this.done++) {
      const x = values[this.done]!
      if (Number.isFinite(x)) {
        this.mean = this.mean * w + (1 - w) * x
        this.left *= w
      }
      this.out[this.done] = Number.isFinite(x) ? this.mean / (1 - this.left) : x
    }
    return this.out.subarray(0, length)
  }

  private restart(): void {
    this.done = 0
    this.mean = 0
    this.left = 1
  }
}
