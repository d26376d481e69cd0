import type { HostData } from '../../ir/primitive.ts'
import { elementCount, stridesOf } from '../../ir/types.ts'

/** Places in an array: the one of index 0, and how far apart neighbours along each axis are. */
export interface Layout {
  readonly offset: number
  readonly strides: readonly number[]
}

export const rowMajor = (shape: readonly number[]): Layout => ({ offset: 0, strides: stridesOf(shape) })

/** A run of elements so short that a loop over them takes less time than a call. */
const SHORT = 16

/**
 * Copies `shape` elements from one layout to another. Transposes, slices, broadcasts, reversals and padding are
 * all of this form.
 */
export function copyStrided(
  from: HostData,
  at: Layout,
  to: HostData,
  into: Layout,
  shape: readonly number[],
): void {
  if (elementCount(shape) === 0) return
  const last = shape.length - 1
  if (last < 0) {
    to[into.offset] = from[at.offset]!
    return
  }
  const [n, step, put] = [shape[last]!, at.strides[last]!, into.strides[last]!]
  const index = new Array<number>(last).fill(0)
  let [p, q] = [at.offset, into.offset]
  for (;;) {
    if (step === 1 && put === 1 && n > SHORT) to.set(from.subarray(p, p + n), q)
    else if (step === 0 && put === 1 && n > SHORT) to.fill(from[p]!, q, q + n)
    else for (let k = 0, i = p, j = q; k < n; k++, i += step, j += put) to[j] = from[i]!
    let axis = last - 1
    for (; axis >= 0; axis--) {
      p += at.strides[axis]!
      q += into.strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      p -= shape[axis]! * at.strides[axis]!
      q -= shape[axis]! * into.strides[axis]!
      index[axis] = 0
    }
    if (axis < 0) return
  }
}
