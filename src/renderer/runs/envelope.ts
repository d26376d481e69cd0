/** What a chart draws of a series: for each x the least and the greatest value there, and a line through the middle. */
export interface Envelope {
  readonly x: number[]
  readonly low: (number | null)[]
  readonly high: (number | null)[]
  readonly line: (number | null)[]
  /** True when several points share an x, so that `low` and `high` differ. */
  readonly reduced: boolean
}

interface Input {
  readonly steps: ArrayLike<number>
  readonly values: ArrayLike<number>
  /** Drawn as the line, such as the smoothed values. */
  readonly line: ArrayLike<number>
  readonly length: number
}

/**
 * Reduces a series to at most about `columns` places between `from` and `to`, deterministically: every place holds
 * the true least and greatest value of its points, so no spike is ever lost. One point on either side is kept, so that
 * lines run to the edge.
 *
 * Places are multiples of a power of two of steps, counted from step 0: they stay where they are while a run grows, so
 * a chart never shimmers.
 */
export function envelope(input: Input, from: number, to: number, columns: number): Envelope {
  const { steps, values, line, length } = input
  const first = Math.max(0, lowerBound(steps, length, from) - 1)
  const last = Math.min(length, lowerBound(steps, length, to + Number.EPSILON) + 2)
  const out: Envelope = { x: [], low: [], high: [], line: [], reduced: last - first > columns }
  const add = (x: number, low: number, high: number, through: number) => {
    out.x.push(x)
    out.low.push(finite(low))
    out.high.push(finite(high))
    out.line.push(finite(through))
  }
  if (!out.reduced) {
    for (let i = first; i < last; i++) add(steps[i]!, values[i]!, values[i]!, line[i]!)
    return out
  }
  const span = steps[last - 1]! - steps[first]!
  const width = 2 ** Math.ceil(Math.log2(Math.max(span / Math.max(1, columns), 1e-9)))
  for (let i = first; i < last; ) {
    const place = Math.floor(steps[i]! / width)
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let end = i
    for (; end < last && Math.floor(steps[end]! / width) === place; end++) {
      const v = values[end]!
      if (v < low) low = v
      if (v > high) high = v
    }
    const middle = (i + end - 1) >> 1
    add(steps[middle]!, low, high, line[middle]!)
    i = end
  }
  return out
}

const finite = (v: number): number | null => (Number.isFinite(v) ? v : null)

/** The first index whose value is not below `x`, in sorted values. */
export function lowerBound(sorted: ArrayLike<number>, length: number, x: number): number {
  let [low, high] = [0, length]
  while (low < high) {
    const mid = (low + high) >> 1
    if (sorted[mid]! < x) low = mid + 1
    else high = mid
  }
  return low
}

/** The index of the value nearest to `x`; -1 in an empty list. */
export function nearest(sorted: ArrayLike<number>, length: number, x: number): number {
  if (length === 0) return -1
  const i = lowerBound(sorted, length, x)
  if (i === 0) return 0
  if (i === length) return length - 1
  return x - sorted[i - 1]! <= sorted[i]! - x ? i - 1 : i
}
