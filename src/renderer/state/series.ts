import type { Series } from './types.ts'

const FIRST = 256

/** Numbers over growing steps, in arrays that double: a step allocates nothing. */
export class GrowingSeries implements Series {
  steps: Float64Array
  values: Float64Array
  length = 0

  constructor(capacity = FIRST) {
    this.steps = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
  }

  push(step: number, value: number): void {
    if (this.length === this.steps.length) {
      this.steps = grown(this.steps)
      this.values = grown(this.values)
    }
    this.steps[this.length] = step
    this.values[this.length] = value
    this.length++
  }

  /** Forgets steps from this one on: training goes on from an earlier checkpoint. */
  cut(step: number): void {
    while (this.length > 0 && this.steps[this.length - 1]! >= step) this.length--
  }
}

function grown(from: Float64Array): Float64Array {
  const to = new Float64Array(from.length * 2)
  to.set(from)
  return to
}
