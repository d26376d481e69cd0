import type { TfjsEmitter, TfjsRef, TfjsRule } from '../primitive.ts'
import { elementCount, isFloat, type TensorType } from '../types.ts'

/** Shared pieces of TensorFlow.js rules. */

type Apply = (...xs: number[]) => number

/** Floats by a kernel; integers and bools by `f` on the host. */
export const byKernel =
  (kernel: string, f: Apply): TfjsRule<unknown> =>
  (tf, ins, _, [out]) => [
    isFloat(ins[0]!.type.dtype) ? tf.elementwise(kernel, ins, out!) : tf.map(ins, out!, f),
  ]

/** A kernel for floats alone. */
export const floatKernel =
  (kernel: string): TfjsRule<unknown> =>
  (tf, ins, _, [out]) => [tf.elementwise(kernel, ins, out!)]

/** Element by element on the host. */
export const byElement =
  (f: Apply): TfjsRule<unknown> =>
  (tf, ins, _, [out]) => [tf.map(ins, out!, f)]

/** A reduction: floats by a kernel whose axes are its attribute `key`, others by `f` on the host, from `start`. */
export const reduction =
  (
    kernel: string,
    key: 'axis' | 'reductionIndices',
    f: (x: number, y: number) => number,
    start: (x: TensorType) => number,
  ): TfjsRule<{ readonly axes: readonly number[] }> =>
  (tf, [x], { axes }, [out]) => {
    if (isFloat(x!.type.dtype))
      return [tf.kernel(kernel, { x: x! }, out!, { [key]: [...axes], keepDims: false })]
    return [fold(tf, x!, axes, out!, f, start(x!.type))]
  }

/** Combines the elements over the axes one by one, on the host. */
function fold(
  tf: TfjsEmitter,
  x: TfjsRef,
  axes: readonly number[],
  out: TensorType,
  f: (x: number, y: number) => number,
  start: number,
): TfjsRef {
  const { shape } = x.type
  const kept = [...shape.keys()].filter(i => !axes.includes(i))
  const length = elementCount(axes.map(i => shape[i]!))
  return tf.host([tf.transpose(x, [...kept, ...axes])], [out], ([from], [to]) => {
    for (let i = 0, p = 0; i < to!.length; i++) {
      let total = start
      for (let k = 0; k < length; k++) total = f(total, from![p++]!)
      to![i] = total
    }
  })[0]!
}
