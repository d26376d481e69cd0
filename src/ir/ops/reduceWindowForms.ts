import type { HloRef, StableHloEmitter, TfjsEmitter, TfjsRef } from '../primitive.ts'
import { isFloat, type TensorType, tensor } from '../types.ts'
import type { WindowDims } from './reduceWindow.ts'
import { i64s } from './rules.ts'
import { lowest, windowCount } from './windows.ts'

export function lowerWindows(
  e: StableHloEmitter,
  x: HloRef,
  d: WindowDims & { readonly kind: 'max' | 'sum' },
  out: TensorType,
): HloRef {
  if (d.window.every((w, i) => w === 1 && d.strides[i] === 1 && d.low[i] === 0 && d.high[i] === 0)) return x
  const scalar = tensor(out.dtype, [])
  const start = e.splat(scalar, d.kind === 'max' ? lowest(out.dtype) : 0)
  const region = e.reducer(d.kind === 'max' ? 'stablehlo.maximum' : 'stablehlo.add', scalar)
  const rank = out.shape.length
  const padding = d.low.map((n, i) => `[${n}, ${d.high[i]!}]`)
  const attributes = [
    `window_dimensions = ${i64s(d.window)}`,
    `window_strides = ${i64s(d.strides)}`,
    `padding = dense<[${padding.join(', ')}]> : tensor<${rank}x2xi64>`,
  ]
  return e.op('stablehlo.reduce_window', [x, start], out, attributes.join(', '), region)
}

/** A window is the windows along its axes in turn, and those are combinations of slices. */
export function windowsTfjs(
  tf: TfjsEmitter,
  x: TfjsRef,
  d: WindowDims & { readonly kind: 'max' | 'sum' },
): TfjsRef {
  const max = d.kind === 'max'
  const combine = (a: TfjsRef, c: TfjsRef): TfjsRef => {
    if (isFloat(a.type.dtype)) return tf.elementwise(max ? 'Maximum' : 'Add', [a, c], a.type)
    return tf.map([a, c], a.type, max ? (p, q) => Math.max(p!, q!) : (p, q) => p! + q!)
  }
  let y = x
  for (const [axis, taps] of d.window.entries()) {
    const [low, high, stride] = [d.low[axis]!, d.high[axis]!, d.strides[axis]!]
    if (taps === 1 && stride === 1 && low + high === 0) continue
    const along = (n: number, rest: number): number[] => y.type.shape.map((_, i) => (i === axis ? n : rest))
    const padded = tf.pad(y, max ? lowest(x.type.dtype) : 0, along(low, 0), along(high, 0))
    const count = windowCount(padded.type.shape[axis]!, taps, stride)
    const sizes = padded.type.shape.map((n, i) => (i === axis ? count : n))
    const parts = Array.from({ length: taps }, (_, k) =>
      tf.slice(padded, along(k, 0), sizes, along(stride, 1)),
    )
    y = parts.reduce(combine)
  }
  return y
}
