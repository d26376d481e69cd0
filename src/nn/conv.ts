import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, showType } from '../ir/types.ts'
import type { Init, Scope } from './scope.ts'

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[]

export interface ConvOptions {
  /** Size of the kernel along each spatial axis. */
  readonly kernel: PerAxis
  readonly stride?: PerAxis
  /** Zeros on each side of each axis; where the sides differ, `{ low, high }`. 0 by default. */
  readonly padding?: PerAxis | { readonly low: PerAxis; readonly high: PerAxis }
  readonly dilation?: PerAxis
  readonly groups?: number
  /** Add a learned bias; true by default. */
  readonly bias?: boolean
  /** How the weight starts; uniform within fanIn^-½ by default, as torch.nn.Conv2d. */
  readonly init?: Init
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Rows and columns added at the high side, so that sizes that a stride rounded down come back. */
  readonly outputPadding?: PerAxis
}

/**
 * `x` [..., H, W, in] → [..., H', W', out], H' = ⌊(H + 2 padding - dilation (kernel - 1) - 1) / stride⌋ + 1.
 * Weights `weight` [out, in / groups, kh, kw] and `bias` [out], torch.nn.Conv2d's names, layout and starting values.
 */
export const conv2d = (s: Scope, x: Var, out: number, options: ConvOptions): Var =>
  conv(s, x, out, options, 2)

/** The same over one axis: `x` [..., T, in] → [..., T', out]; `weight` [out, in / groups, k], torch.nn.Conv1d's. */
export const conv1d = (s: Scope, x: Var, out: number, options: ConvOptions): Var =>
  conv(s, x, out, options, 1)

function conv(s: Scope, x: Var, out: number, options: ConvOptions, rank: number): Var {
  const { b } = s
  const groups = options.groups ?? 1
  const channels = x.type.shape.at(-1)!
  if (channels % groups || out % groups)
    throw new BuildError(
      `${groups} groups don't divide the ${channels} channels of ${showType(x.type)} and ${out} features`,
      b.currentOrigin,
    )
  const kernel = perAxis(options.kernel, rank)
  const shape = [out, channels / groups, ...kernel]
  const { weight, bias } = weights(s, shape, out, options)
  const { low, high } = sides(options.padding ?? 0, rank)
  const y = b.convolution(asPictures(b, x, rank), convKernel(b, weight), {
    strides: perAxis(options.stride ?? 1, rank),
    low,
    high,
    inputDilation: perAxis(1, rank),
    kernelDilation: perAxis(options.dilation ?? 1, rank),
    groups,
  }) // [N, H', W', out]
  return withLead(b, x, bias ? b.add(y, bias) : y, rank)
}

/**
 * The gradient of `conv2d` with respect to its input, as a layer: `x` [..., H, W, in] → [..., H', W', out],
 * H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1. Weights `weight`
 * [in, out / groups, kh, kw] and `bias` [out], torch.nn.ConvTranspose2d's names, layout and starting values.
 */
export function convTranspose2d(s: Scope, x: Var, out: number, options: ConvTransposeOptions): Var {
  const { b } = s
  const groups = options.groups ?? 1
  const channels = x.type.shape.at(-1)!
  if (channels % groups || out % groups)
    throw new BuildError(
      `${groups} groups don't divide the ${channels} channels of ${showType(x.type)} and ${out} features`,
      b.currentOrigin,
    )
  const kernel = perAxis(options.kernel, 2)
  const [stride, dilation] = [perAxis(options.stride ?? 1, 2), perAxis(options.dilation ?? 1, 2)]
  const extra = perAxis(options.outputPadding ?? 0, 2)
  if (extra.some((n, i) => n >= Math.max(stride[i]!, dilation[i]!)))
    throw new BuildError(
      `output padding [${extra}] must be smaller than the stride [${stride}] or the dilation [${dilation}]`,
      b.currentOrigin,
    )
  const { weight, bias } = weights(s, [channels, out / groups, ...kernel], out, options)
  const padding = sides(options.padding ?? 0, 2)
  const reach = kernel.map((k, i) => (k - 1) * dilation[i]!)
  const y = b.convolution(asPictures(b, x, 2), transposedKernel(b, weight, groups), {
    strides: [1, 1],
    low: reach.map((n, i) => n - padding.low[i]!),
    high: reach.map((n, i) => n - padding.high[i]! + extra[i]!),
    inputDilation: stride,
    kernelDilation: dilation,
    groups,
  }) // [N, H', W', out]
  return withLead(b, x, bias ? b.add(y, bias) : y, 2)
}

/** A checkpoint's kernel [out, in / groups, k…] (torch.nn.Conv1d, 2d, 3d) in the IR's layout [k…, in / groups, out]. */
export function convKernel(b: Builder, weight: Var): Var {
  const axes = weight.type.shape.map((_, i) => i)
  return b.transpose(weight, [...axes.slice(2), 1, 0])
}

/** torch.nn.ConvTranspose2d's [in, out / groups, k…] in the IR's layout [k…, in / groups, out], turned round. */
export function transposedKernel(b: Builder, weight: Var, groups: number): Var {
  const [channels, perGroup, ...kernel] = weight.type.shape as [number, number, ...number[]]
  const grouped = b.reshape(weight, [groups, channels / groups, perGroup, ...kernel]) // [g, I/g, O/g, k…]
  const spatial = kernel.map((_, i) => i + 3)
  const turned = b.transpose(grouped, [...spatial, 1, 0, 2]) // [k…, I/g, g, O/g]
  const flat = b.reshape(turned, [...kernel, channels / groups, groups * perGroup])
  return b.reverse(
    flat,
    kernel.map((_, i) => i),
  )
}

/** `weight` and `bias` as torch's convolutions start: uniform within fanIn^-½, all but the first axis counting. */
function weights(
  s: Scope,
  shape: readonly number[],
  out: number,
  options: ConvOptions,
): { readonly weight: Var; readonly bias: Var | undefined } {
  const uniform: Init = { kind: 'uniform', bound: elementCount(shape.slice(1)) ** -0.5 }
  const weight = s.weight('weight', shape, options.init ?? uniform)
  const bias = options.bias === false ? undefined : s.weight('bias', [out], uniform)
  return { weight, bias }
}

export const perAxis = (n: PerAxis, rank: number): readonly number[] =>
  typeof n === 'number' ? new Array<number>(rank).fill(n) : n

function sides(
  padding: NonNullable<ConvOptions['padding']>,
  rank: number,
): { readonly low: readonly number[]; readonly high: readonly number[] } {
  const uneven = typeof padding === 'object' && 'low' in padding
  const [low, high] = uneven ? [padding.low, padding.high] : [padding, padding]
  return { low: perAxis(low, rank), high: perAxis(high, rank) }
}

/** [..., S…, C] → [N, S…, C]. */
export function asPictures(b: Builder, x: Var, rank: number): Var {
  const shape = x.type.shape
  if (shape.length < rank + 1)
    throw new BuildError(`needs ${rank} spatial axes and channels, got ${showType(x.type)}`, b.currentOrigin)
  return b.reshape(x, [elementCount(shape.slice(0, -rank - 1)), ...shape.slice(-rank - 1)])
}

/** [N, S…, C] → the leading axes of `x`, then [S…, C]. */
export const withLead = (b: Builder, x: Var, y: Var, rank: number): Var =>
  b.reshape(y, [...x.type.shape.slice(0, -rank - 1), ...y.type.shape.slice(1)])
