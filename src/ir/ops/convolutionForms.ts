import type { Builder } from '../builder.ts'
import type { HloRef, StableHloEmitter } from '../primitive.ts'
import type { Var } from '../program.ts'
import { type TensorType, tensor } from '../types.ts'
import type { ConvolutionDims } from './convolution.ts'
import { inlined } from './inlined.ts'
import { interleave } from './interleave.ts'
import { i64s } from './rules.ts'

/**
 * Forms of a convolution. XLA's CPU kernels run the plain operation at the speed of a matrix product (320 GFLOP/s
 * on two cores, where slices and a dot made 50 to 90), with two exceptions:
 * - zeros between the inputs are multiplied like any number, so what a stride spread out costs stride² too much;
 * - a group of one channel is one small product, so depthwise runs at 1 GFLOP/s.
 */
export function lowerConvolution(
  e: StableHloEmitter,
  x: HloRef,
  kernel: HloRef,
  d: ConvolutionDims,
  out: TensorType,
): HloRef {
  if (e.platform === 'cpu' && phasesPay(d, out)) {
    return inlined(e, [x, kernel], (b, [v, k]) => byPhases(b, v!, k!, d, out))
  }
  if (e.platform === 'cpu' && depthwise(kernel.type, d))
    return inlined(e, [x, kernel], (b, [v, k]) => byTaps(b, v!, k!, d, out))
  if (e.platform === 'cpu' && misread(d))
    return inlined(e, [x, kernel], (b, [v, k]) => {
      const { cropped, low, high } = crop(b, v!, d)
      return b.convolution(cropped, k!, { ...d, low, high })
    })
  return convolutionOp(e, x, kernel, d, out)
}

/**
 * XLA's CPU kernel reads past the end of an axis that is cropped before and padded after (seen with API 0.81, in
 * batches of more than one), so such an axis is cropped first. The form for spread inputs is right.
 */
const misread = (d: ConvolutionDims): boolean =>
  d.inputDilation.every(n => n === 1) && d.low.some((n, i) => n < 0 && d.high[i]! > 0)

/** With few features the pieces are too thin to be worth putting together again. */
const LEAST_FEATURES = 8
const MOST_PHASES = 16

const phasesPay = (d: ConvolutionDims, out: TensorType): boolean => {
  const phases = d.inputDilation.reduce((n, s) => n * s, 1)
  const plain =
    d.strides.every(s => s === 1) && d.inputDilation.every((s, i) => s === 1 || d.kernelDilation[i] === 1)
  return plain && phases > 1 && phases <= MOST_PHASES && out.shape.at(-1)! >= LEAST_FEATURES
}

const MOST_TAPS = 64

const depthwise = (kernel: TensorType, d: ConvolutionDims): boolean =>
  d.groups > 1 &&
  kernel.shape.at(-2) === 1 &&
  d.inputDilation.every(s => s === 1) &&
  kernel.shape.slice(0, -2).reduce((n, k) => n * k, 1) <= MOST_TAPS

/**
 * A transposed convolution of stride 1 without its zeros: result element s · q + r meets only the kernel elements
 * of one residue, so each residue r is a small ordinary convolution, and the results are interleaved.
 */
export function byPhases(b: Builder, x: Var, kernel: Var, d: ConvolutionDims, out: TensorType): Var {
  const rank = d.strides.length
  const counts = d.inputDilation.map((s, i) => Math.ceil(out.shape[i + 1]! / s))
  const build = (phase: readonly number[]): Var => {
    const axis = phase.length
    if (axis < rank) {
      const parts = Array.from({ length: d.inputDilation[axis]! }, (_, r) => build([...phase, r]))
      return interleave(b, parts, axis + 1)
    }
    return onePhase(b, x, kernel, d, counts, phase)
  }
  const all = build([])
  return b.slice(
    all,
    out.shape.map(() => 0),
    out.shape,
  )
}

function onePhase(
  b: Builder,
  x: Var,
  kernel: Var,
  d: ConvolutionDims,
  counts: readonly number[],
  phase: readonly number[],
): Var {
  const window = kernel.type.shape.slice(0, phase.length)
  const channels = kernel.type.shape.slice(phase.length)
  // The first kernel element of this residue, and how many there are.
  const first = phase.map((r, i) => mod(d.low[i]! - r, d.inputDilation[i]!))
  if (first.some((t, i) => t >= window[i]!))
    return b.fill(tensor(x.type.dtype, [x.type.shape[0]!, ...counts, channels[1]!]), 0)
  const taps = first.map((t, i) => Math.ceil((window[i]! - t) / d.inputDilation[i]!))
  const part = b.slice(kernel, [...first, 0, 0], kernel.type.shape, [...d.inputDilation, 1, 1])
  const low = first.map((t, i) => (d.low[i]! - phase[i]! - t) / d.inputDilation[i]!)
  const reach = taps.map((n, i) => (n - 1) * d.kernelDilation[i]!)
  return b.convolution(x, part, {
    ...d,
    inputDilation: phase.map(() => 1),
    low,
    high: counts.map((n, i) => n + reach[i]! - x.type.shape[i + 1]! - low[i]!),
  })
}

const mod = (a: number, n: number): number => ((a % n) + n) % n

/** Depthwise, as a sum over the kernel's elements of shifted inputs: one vectorised loop. */
export function byTaps(b: Builder, x: Var, kernel: Var, d: ConvolutionDims, out: TensorType): Var {
  const rank = d.strides.length
  const window = kernel.type.shape.slice(0, rank)
  const channels = x.type.shape.at(-1)!
  const times = out.shape.at(-1)! / channels
  const padded = cropOrPad(b, x, d)
  const grouped = [...out.shape.slice(0, -1), channels, times]
  let total: Var | undefined
  const add = (k: readonly number[]): void => {
    const axis = k.length
    if (axis < rank) {
      for (let t = 0; t < window[axis]!; t++) add([...k, t])
      return
    }
    const from = k.map((t, i) => t * d.kernelDilation[i]!)
    const to = from.map((t, i) => t + (out.shape[i + 1]! - 1) * d.strides[i]! + 1)
    const seen = b.slice(padded, [0, ...from, 0], [x.type.shape[0]!, ...to, channels], [1, ...d.strides, 1])
    const weight = b.reshape(b.slice(kernel, [...k, 0, 0], [...k.map(t => t + 1), 1, out.shape.at(-1)!]), [
      channels,
      times,
    ])
    const product = b.mul(
      b.broadcast(
        seen,
        grouped,
        grouped.slice(0, -1).map((_, i) => i),
      ),
      b.broadcast(weight, grouped, [rank + 1, rank + 2]),
    )
    total = total ? b.add(total, product) : product
  }
  add([])
  return b.reshape(total!, out.shape)
}

/** x with its padding; a negative padding crops. */
function cropOrPad(b: Builder, x: Var, d: ConvolutionDims): Var {
  const { cropped, low, high } = crop(b, x, d)
  return b.pad(cropped, [0, ...low, 0], [0, ...high, 0])
}

/** What negative paddings leave of x, and the zeros around that: windows see low up to size + high of each axis. */
function crop(b: Builder, x: Var, d: ConvolutionDims) {
  const axes = x.type.shape.slice(1, -1).map((n, i) => {
    const [begin, end] = [-d.low[i]!, n + d.high[i]!]
    const start = Math.min(n, Math.max(0, begin))
    const limit = Math.max(start, Math.min(n, end))
    return {
      start,
      limit,
      low: Math.max(0, Math.min(start, end) - begin),
      high: Math.max(0, end - Math.max(limit, begin)),
    }
  })
  const [batch, channels] = [x.type.shape[0]!, x.type.shape.at(-1)!]
  return {
    cropped: b.slice(x, [0, ...axes.map(a => a.start), 0], [batch, ...axes.map(a => a.limit), channels]),
    low: axes.map(a => a.low),
    high: axes.map(a => a.high),
  }
}

function convolutionOp(
  e: StableHloEmitter,
  x: HloRef,
  kernel: HloRef,
  d: ConvolutionDims,
  out: TensorType,
): HloRef {
  const rank = d.strides.length
  const spatial = d.strides.map((_, i) => i).join(', ')
  const padding = d.low.map((n, i) => `[${n}, ${d.high[i]!}]`)
  const attributes = [
    `window_strides = ${i64s(d.strides)}`,
    `padding = dense<[${padding.join(', ')}]> : tensor<${rank}x2xi64>`,
    `lhs_dilation = ${i64s(d.inputDilation)}`,
    `rhs_dilation = ${i64s(d.kernelDilation)}`,
    `window_reversal = array<i1: ${d.strides.map(() => 'false').join(', ')}>`,
    `dimension_numbers = #stablehlo.conv<[b, ${spatial}, f]x[${spatial}, i, o]->[b, ${spatial}, f]>`,
    `feature_group_count = ${d.groups} : i64`,
    'batch_group_count = 1 : i64',
  ]
  return e.op('stablehlo.convolution', [x, kernel], out, attributes.join(', '))
}
