import type { HloRef, StableHloEmitter } from '../primitive.ts'
import { type TensorType, tensor } from '../types.ts'
import type { WindowDims } from './reduceWindow.ts'
import { i64s } from './rules.ts'
import { lowest } from './windows.ts'

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
