import type { WatchStats } from '../../protocol/watch.ts'

/** Parts of a histogram. */
const BINS = 64
/** Rows and columns of a plane, at most. */
export const MOST = 512

/** Statistics of all values; those that are not finite are only counted. Two passes, sums in float64. */
export function statsOf(values: ArrayLike<number>): WatchStats {
  let [finite, sum, nan, zeros] = [0, 0, 0, 0]
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!
    if (v === 0) zeros++
    if (Number.isFinite(v)) {
      finite++
      sum += v
      if (v < min) min = v
      if (v > max) max = v
    } else if (Number.isNaN(v)) nan++
  }
  const count = values.length
  const counts = { count, nan, infinite: count - nan - finite, zero: count === 0 ? 0 : zeros / count }
  if (finite === 0) return counts
  const mean = sum / finite
  let squares = 0
  for (let i = 0; i < count; i++) {
    const v = values[i]!
    if (Number.isFinite(v)) squares += (v - mean) ** 2
  }
  return { ...counts, min, max, mean, std: Math.sqrt(squares / finite) }
}

/**
 * Mean attention entropy in nats: −Σₖ pₖ ln pₖ over the `keys` weights of each query, with 0 ln 0 = 0, as the mean over
 * queries. Those with a weight that is not finite are left out; undefined where none is left. Sums in float64.
 */
export function attentionEntropy(values: ArrayLike<number>, keys: number): number | undefined {
  let [sum, queries] = [0, 0]
  for (let start = 0; start < values.length; start += keys) {
    let entropy = 0
    for (let k = 0; k < keys; k++) {
      const p = values[start + k]!
      if (p !== 0) entropy -= p * Math.log(p)
    }
    if (!Number.isFinite(entropy)) continue
    sum += entropy
    queries++
  }
  return queries === 0 ? undefined : sum / queries
}

/** How many finite values lie in each of 64 equal parts from the least to the greatest, which is in the last. */
export function histogramOf(values: ArrayLike<number>, { min, max }: WatchStats): number[] {
  const counts = new Array<number>(BINS).fill(0)
  if (min === undefined || max === undefined) return counts
  const scale = max > min ? BINS / (max - min) : 0
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!
    if (Number.isFinite(v)) counts[Math.min(BINS - 1, Math.floor((v - min) * scale))]!++
  }
  return counts
}

export interface Plane {
  readonly rows: number
  readonly columns: number
  readonly values: Float32Array
}

/** Indices that exist along these axes: 0 for those that are not given, the last for those past the end. */
export const clampAt = (at: readonly number[] | undefined, sizes: readonly number[]): number[] =>
  sizes.map((size, i) => Math.max(0, Math.min(size - 1, Math.floor(at?.[i] ?? 0))))

/**
 * The plane of row-major `values` along the axes `rows` and `columns`, at indices of all other axes in their order.
 * An axis of -1 is one that the tensor does not have, of size 1.
 */
export function planeOf(
  values: Float32Array,
  shape: readonly number[],
  rows: number,
  columns: number,
  at: readonly number[],
): Plane {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((n, size) => n * size, 1))
  const others = shape.flatMap((_, i) => (i === rows || i === columns ? [] : [i]))
  const start = others.reduce((sum, axis, i) => sum + strides[axis]! * at[i]!, 0)
  const along = (axis: number) => [shape[axis] ?? 1, strides[axis] ?? 0] as const
  const [high, down] = along(rows)
  const [wide, right] = along(columns)
  if (right === 1 && down === wide)
    return { rows: high, columns: wide, values: values.subarray(start, start + high * wide) }
  const out = new Float32Array(high * wide)
  for (let r = 0; r < high; r++)
    for (let c = 0; c < wide; c++) out[r * wide + c] = values[start + r * down + c * right]!
  return { rows: high, columns: wide, values: out }
}

/** Place of these indices among all of these sizes, row-major. */
export const flatten = (at: readonly number[], sizes: readonly number[]): number =>
  sizes.reduce((n, size, i) => n * size + (at[i] ?? 0), 0)

/** At most `most` rows and columns: where there are more, each cell is the mean of a block of whole rows and columns. */
export function shrunk({ rows, columns, values }: Plane, most = MOST): Plane {
  const high = Math.ceil(rows / most)
  const wide = Math.ceil(columns / most)
  if (high === 1 && wide === 1) return { rows, columns, values }
  const out = { rows: Math.ceil(rows / high), columns: Math.ceil(columns / wide) }
  const sums = new Float64Array(out.rows * out.columns)
  const counts = new Uint32Array(out.rows * out.columns)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const cell = Math.floor(r / high) * out.columns + Math.floor(c / wide)
      sums[cell]! += values[r * columns + c]!
      counts[cell]!++
    }
  return { ...out, values: Float32Array.from(sums, (sum, i) => sum / counts[i]!) }
}

/** The cosine of row `token` with each row; 0 where one of them is all zeros. */
export function cosines({ rows, columns, values }: Plane, token: number): Float32Array {
  const row = (i: number) => values.subarray(i * columns, (i + 1) * columns)
  const dot = (a: Float32Array, b: Float32Array) => {
    let sum = 0
    for (let k = 0; k < columns; k++) sum += a[k]! * b[k]!
    return sum
  }
  const picked = row(token)
  const length = Math.sqrt(dot(picked, picked))
  return Float32Array.from({ length: rows }, (_, i) => {
    const other = row(i)
    const both = length * Math.sqrt(dot(other, other))
    return both === 0 ? 0 : dot(picked, other) / both
  })
}

/** A cell's place in its row and in its column, from 1, the highest first; equals and NaN come before it. */
export function ranksOf(
  { rows, columns, values }: Plane,
  row: number,
  column: number,
): { readonly inRow: number; readonly inColumn: number } {
  const score = values[row * columns + column]!
  const beaten = (v: number) => v < score
  let [inRow, inColumn] = [1, 1]
  for (let c = 0; c < columns; c++) if (c !== column && !beaten(values[row * columns + c]!)) inRow++
  for (let r = 0; r < rows; r++) if (r !== row && !beaten(values[r * columns + column]!)) inColumn++
  return { inRow, inColumn }
}
