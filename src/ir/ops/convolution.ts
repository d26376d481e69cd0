import type { Builder } from '../builder.ts'
import { definePrimitive, TypeFault } from '../primitive.ts'
import type { Var } from '../program.ts'
import { forEachIndex, refZeros } from '../reference.ts'
import { elementCount, showType, stridesOf, tensor } from '../types.ts'
import { lowerConvolution } from './convolutionForms.ts'
import { convolveTfjs } from './convolutionTfjs.ts'
import { pyTuple, pyTuples } from './python.ts'
import { floatLike, operands } from './rules.ts'
import { dilated, windowCount } from './windows.ts'

/** How a kernel moves over its input; lists have one number for each spatial axis. */
export type ConvolutionDims = {
  /** Steps between windows. */
  readonly strides: readonly number[]
  /** Zeros before and after each spatial axis; a negative number crops. */
  readonly low: readonly number[]
  readonly high: readonly number[]
  /** n - 1 zeros between neighbours of the input (padding comes after): n > 1 is a transposed convolution. */
  readonly inputDilation: readonly number[]
  /** Elements of the kernel are read n input elements apart. */
  readonly kernelDilation: readonly number[]
  /** Channels in groups that don't see each other; as many as input channels makes it depthwise. */
  readonly groups: number
}

/**
 * x [N, S…, I], kernel [K…, I / groups, O] → [N, T…, O]; any number of spatial axes. A cross-correlation, as in
 * every neural network library: y[n, t, o] = Σ x[n, t · stride + k · kernelDilation - low, i] kernel[k, i, o], the
 * kernel's last axis running over the groups first. Layouts are NHWC and HWIO, which XLA's CPU kernels need.
 *
 * Source: Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning" (arXiv 1603.07285).
 */
export const convolution = definePrimitive<ConvolutionDims>({
  name: 'convolution',
  type: (ins, d) => {
    const [x, kernel] = operands(ins, 2)
    if (floatLike(x!).dtype !== floatLike(kernel!).dtype)
      throw new TypeFault(`dtypes differ: ${showType(x!)} and ${showType(kernel!)}`)
    const rank = x!.shape.length
    if (rank < 3 || kernel!.shape.length !== rank)
      throw new TypeFault(
        `needs [N, spatial…, I] and [spatial…, I / groups, O] of one rank of at least 3, got ${showType(x!)} and ${showType(kernel!)}`,
      )
    checkDims(d, rank - 2)
    const [channels, perGroup, features] = [x!.shape.at(-1)!, kernel!.shape.at(-2)!, kernel!.shape.at(-1)!]
    if (channels !== perGroup * d.groups || features % d.groups !== 0)
      throw new TypeFault(
        `${d.groups} group${d.groups === 1 ? '' : 's'} don't fit the channels of ${showType(x!)} and ${showType(kernel!)}`,
      )
    if (kernel!.shape.slice(0, -2).some(k => k < 1))
      throw new TypeFault(`the kernel ${showType(kernel!)} has an empty window`)
    const spatial = d.strides.map((stride, i) =>
      windowCount(
        dilated(x!.shape[i + 1]!, d.inputDilation[i]!) + d.low[i]! + d.high[i]!,
        dilated(kernel!.shape[i]!, d.kernelDilation[i]!),
        stride,
      ),
    )
    return [tensor(x!.dtype, [x!.shape[0]!, ...spatial, features])]
  },
  vjp: ({ b, ins: [x, kernel], params, ct, needs }) => {
    // No window: nothing depends on anything, and the rules below would make kernels without elements.
    if (elementCount(ct.type.shape) === 0) return [b.zerosLike(x!), b.zerosLike(kernel!)]
    return [
      needs[0] ? inputGradient(b, x!, kernel!, ct, params) : null,
      needs[1] ? kernelGradient(b, x!, kernel!, ct, params) : null,
    ]
  },
  reference: ([x, kernel], d, [out]) => {
    const result = refZeros(out!)
    const [sx, sk] = [stridesOf(x!.type.shape), stridesOf(kernel!.type.shape)]
    const rank = d.strides.length
    const window = kernel!.type.shape.slice(0, rank)
    const perGroup = kernel!.type.shape[rank]!
    const featuresPerGroup = out!.shape.at(-1)! / d.groups
    forEachIndex(out!.shape, (index, p) => {
      const o = index[rank + 1]!
      const firstChannel = Math.floor(o / featuresPerGroup) * perGroup
      let total = 0
      forEachIndex(window, k => {
        let [px, pk] = [index[0]! * sx[0]! + firstChannel, o]
        for (let i = 0; i < rank; i++) {
          const at = index[i + 1]! * d.strides[i]! + k[i]! * d.kernelDilation[i]! - d.low[i]!
          const from = at / d.inputDilation[i]!
          if (!Number.isInteger(from) || from < 0 || from >= x!.type.shape[i + 1]!) return
          px += from * sx[i + 1]!
          pk += k[i]! * sk[i]!
        }
        for (let c = 0; c < perGroup; c++) total += x!.data[px + c]! * kernel!.data[pk + c * sk[rank]!]!
      })
      result.data[p] = total
    })
    return [result]
  },
  stablehlo: (e, [x, kernel], d, [out]) => [lowerConvolution(e, x!, kernel!, d, out!)],
  tfjs: (tf, [x, kernel], d, [out]) => {
    const y = convolveTfjs(tf, x!, kernel!, d, out!)
    return y && [y]
  },
  jax: ([x, kernel], d) => {
    const spatial = SPATIAL[d.strides.length] ?? [...d.strides.keys()].join('')
    const options = [
      `window_strides=${pyTuple(d.strides)}`,
      `padding=${pyTuples(d.low, d.high)}`,
      `lhs_dilation=${pyTuple(d.inputDilation)}`,
      `rhs_dilation=${pyTuple(d.kernelDilation)}`,
      `dimension_numbers=('N${spatial}C', '${spatial}IO', 'N${spatial}C')`,
      `feature_group_count=${d.groups}`,
    ]
    return `lax.conv_general_dilated(${x}, ${kernel}, ${options.join(', ')})`
  },
  cases: [
    { in: ['f32[2,5,4,3]', 'f32[3,2,3,4]'], params: dims(2) },
    { in: ['f32[2,7,3]', 'f32[3,3,2]'], params: dims(1, { strides: [2], low: [1], high: [2] }) },
    { in: ['f32[1,3,4,3,2]', 'f32[2,2,3,2,3]'], params: dims(3, { low: [1, 0, 1], high: [0, 1, 1] }) },
    // Sizes that the stride does not divide: the last rows are read by no window.
    { in: ['f32[2,8,7,3]', 'f32[3,3,3,2]'], params: dims(2, { strides: [2, 3], low: [1, 1], high: [1, 1] }) },
    { in: ['f32[1,8,9,2]', 'f32[4,4,2,3]'], params: dims(2, { strides: [3, 2] }) },
    { in: ['f32[2,6,5,4]', 'f32[3,3,2,6]'], params: dims(2, { low: [1, 1], high: [1, 1], groups: 2 }) },
    // Depthwise, with one and with two features a channel.
    { in: ['f32[2,5,5,3]', 'f32[3,3,1,3]'], params: dims(2, { low: [1, 1], high: [1, 1], groups: 3 }) },
    { in: ['f32[2,6,5,3]', 'f32[3,2,1,6]'], params: dims(2, { strides: [2, 1], low: [1, 0], groups: 3 }) },
    {
      in: ['f32[1,6,7,2]', 'f32[2,3,1,4]'],
      params: dims(2, { strides: [1, 2], low: [-1, 2], high: [2, -2], kernelDilation: [2, 1], groups: 2 }),
    },
    { in: ['f32[1,9,2]', 'f32[3,2,2]'], params: dims(1, { kernelDilation: [3], low: [2], high: [1] }) },
    // Transposed: kernel 4, stride 2, as decoders use it; and with everything at once.
    {
      in: ['f32[2,3,4,3]', 'f32[4,4,3,2]'],
      params: dims(2, { inputDilation: [2, 2], low: [2, 2], high: [2, 2] }),
    },
    // The same by phases: enough features; a residue without kernel elements; groups.
    {
      in: ['f32[2,3,4,3]', 'f32[4,3,3,16]'],
      params: dims(2, { inputDilation: [2, 2], low: [2, 1], high: [2, 3] }),
    },
    {
      in: ['f32[1,4,3,2]', 'f32[2,1,2,16]'],
      params: dims(2, { inputDilation: [3, 2], low: [-1, 3], high: [4, -1] }),
    },
    {
      in: ['f32[1,5,4,4]', 'f32[3,2,2,16]'],
      params: dims(2, {
        inputDilation: [2, 1],
        kernelDilation: [1, 2],
        low: [1, 1],
        high: [2, 1],
        groups: 2,
      }),
    },
    {
      in: ['f32[1,4,5,4]', 'f32[3,2,2,4]'],
      params: {
        strides: [2, 3],
        low: [2, 1],
        high: [3, 0],
        inputDilation: [3, 2],
        kernelDilation: [2, 3],
        groups: 2,
      },
    },
    // Padding beyond the kernel's reach, and cropping.
    { in: ['f32[1,4,3,2]', 'f32[2,2,2,2]'], params: dims(2, { low: [3, 2], high: [2, 4], strides: [2, 1] }) },
    { in: ['f32[1,6,7,2]', 'f32[2,3,2,2]'], params: dims(2, { low: [-1, -2], high: [-2, 0] }) },
    {
      in: ['f32[1,4,3,2]', 'f32[3,2,2,2]'],
      params: dims(2, { inputDilation: [2, 3], low: [-1, -2], high: [1, -1] }),
    },
    { in: ['f32[2,4,4,5]', 'f32[1,1,5,3]'], params: dims(2) },
    { in: ['f32[2,5,4,5]', 'f32[1,1,5,3]'], params: dims(2, { strides: [2, 2] }) },
    // A case large enough for XLA's own kernels to split the work.
    { in: ['f32[4,16,16,8]', 'f32[3,3,8,16]'], params: dims(2, { low: [1, 1], high: [1, 1] }), tol: 1e-4 },
    { in: ['bf16[2,5,4,3]', 'bf16[3,3,3,2]'], params: dims(2, { low: [1, 1], high: [1, 1] }), tol: 2e-2 },
    { in: ['f32[0,5,4,3]', 'f32[3,2,3,4]'], params: dims(2), tol: 0 },
    { in: ['f32[2,2,4,3]', 'f32[3,2,3,4]'], params: dims(2), tol: 0 },
    // Cropped on one side and padded on the other, in batches.
    {
      in: ['f32[3,9,5,3]', 'f32[3,3,3,2]'],
      params: dims(2, { strides: [2, 1], low: [-1, 2], high: [2, -1] }),
    },
    { in: ['f32[3,4,1]', 'f32[4,1,2]'], params: dims(1, { low: [-1], high: [1] }) },
  ],
})

/** Stride 1, no padding, no dilation, one group, unless said otherwise. */
function dims(rank: number, given: Partial<ConvolutionDims> = {}): ConvolutionDims {
  const all = (n: number): number[] => new Array<number>(rank).fill(n)
  const plain = { strides: all(1), low: all(0), high: all(0), inputDilation: all(1), kernelDilation: all(1) }
  return { ...plain, groups: 1, ...given }
}

function checkDims(d: ConvolutionDims, rank: number): void {
  const atLeastOne = {
    strides: d.strides,
    'input dilation': d.inputDilation,
    'kernel dilation': d.kernelDilation,
  }
  for (const [what, list] of Object.entries(atLeastOne))
    if (list.length !== rank || list.some(n => !Number.isInteger(n) || n < 1))
      throw new TypeFault(`${what} [${list}] must be ${rank} whole numbers of at least 1`)
  for (const list of [d.low, d.high])
    if (list.length !== rank || list.some(n => !Number.isInteger(n)))
      throw new TypeFault(`padding [${list}] must be ${rank} whole numbers`)
  if (!Number.isInteger(d.groups) || d.groups < 1) throw new TypeFault(`${d.groups} is no number of groups`)
}

/**
 * dx: each input element collects the windows that read it, so the cotangent, spread by the strides, is convolved
 * with the kernel turned round, its channels swapped within each group. The padding is what makes the result as
 * large as x: where a stride left elements unread, they meet zeros.
 */
function inputGradient(b: Builder, x: Var, kernel: Var, ct: Var, d: ConvolutionDims): Var {
  const rank = d.strides.length
  const window = kernel.type.shape.slice(0, rank)
  const [perGroup, features] = kernel.type.shape.slice(rank) as [number, number]
  const reach = window.map((k, i) => dilated(k, d.kernelDilation[i]!))
  const low = reach.map((k, i) => k - 1 - d.low[i]!)
  const high = reach.map(
    (k, i) =>
      dilated(x.type.shape[i + 1]!, d.inputDilation[i]!) +
      k -
      1 -
      dilated(ct.type.shape[i + 1]!, d.strides[i]!) -
      low[i]!,
  )
  const axes = window.map((_, i) => i)
  const turned = b.reverse(kernel, axes) // [K…, I/g, O]
  const grouped = b.reshape(turned, [...window, perGroup, d.groups, features / d.groups]) // [K…, I/g, g, O/g]
  const swapped = b.transpose(grouped, [...axes, rank + 2, rank + 1, rank]) // [K…, O/g, g, I/g]
  return b.convolution(ct, b.reshape(swapped, [...window, features / d.groups, perGroup * d.groups]), {
    strides: d.inputDilation,
    low,
    high,
    inputDilation: d.strides,
    kernelDilation: d.kernelDilation,
    groups: d.groups,
  })
}

/**
 * dk: kernel element k meets, in window t, the input element t · stride + k · dilation. So x is convolved with the
 * cotangent as its kernel, strides and kernel dilation changing places; the sum runs over the batch, which
 * becomes the channels, and a group's input channels become the batch.
 */
function kernelGradient(b: Builder, x: Var, kernel: Var, ct: Var, d: ConvolutionDims): Var {
  const spread = d.inputDilation.some(n => n > 1)
  if (spread && d.strides.every(n => n === 1)) return transposedKernelGradient(b, x, kernel, ct, d)
  const rank = d.strides.length
  const spatial = d.strides.map((_, i) => i + 1)
  const size = x.type.shape.slice(1, -1)
  const high = size.map(
    (n, i) =>
      dilated(ct.type.shape[i + 1]!, d.strides[i]!) -
      dilated(n, d.inputDilation[i]!) +
      dilated(kernel.type.shape[i]!, d.kernelDilation[i]!) -
      1 -
      d.low[i]!,
  )
  const taps = b.convolution(batchAsChannels(b, x, d.groups), asKernel(b, ct), {
    strides: d.kernelDilation,
    low: d.low,
    high,
    inputDilation: d.inputDilation,
    kernelDilation: d.strides,
    groups: d.groups,
  }) // [I/g, K…, O]
  return b.transpose(taps, [...spatial, 0, rank + 1]) // [K…, I/g, O]
}

/**
 * The same for a transposed convolution, with x as the kernel and the cotangent as the input: the other way round
 * the larger of the two would be the kernel, spread with zeros, which XLA's CPU kernels take 60 times as long for.
 * The kernel's elements come out in opposite order.
 */
function transposedKernelGradient(b: Builder, x: Var, kernel: Var, ct: Var, d: ConvolutionDims): Var {
  const rank = d.strides.length
  const axes = d.strides.map((_, i) => i)
  const window = kernel.type.shape.slice(0, rank)
  const [perGroup, features] = kernel.type.shape.slice(rank) as [number, number]
  const reach = window.map((k, i) => (k - 1) * d.kernelDilation[i]!)
  const low = reach.map((n, i) => n - d.low[i]!)
  const high = reach.map(
    (n, i) => dilated(x.type.shape[i + 1]!, d.inputDilation[i]!) + n - ct.type.shape[i + 1]! - low[i]!,
  )
  const taps = b.convolution(batchAsChannels(b, ct, d.groups), asKernel(b, x), {
    strides: d.kernelDilation,
    low,
    high,
    inputDilation: d.strides,
    kernelDilation: d.inputDilation,
    groups: d.groups,
  }) // [O/g, K…, I]
  const turned = b.reverse(
    taps,
    axes.map(i => i + 1),
  )
  const grouped = b.reshape(turned, [features / d.groups, ...window, d.groups, perGroup]) // [O/g, K…, g, I/g]
  const order = [...axes.map(i => i + 1), rank + 2, rank + 1, 0]
  return b.reshape(b.transpose(grouped, order), kernel.type.shape) // [K…, I/g, O]
}

/** [N, S…, C] → [C / groups, S…, groups · N]: a group's channels become the batch, its batch the channels. */
function batchAsChannels(b: Builder, x: Var, groups: number): Var {
  const [batch, size, channels] = [x.type.shape[0]!, x.type.shape.slice(1, -1), x.type.shape.at(-1)!]
  const rank = size.length
  const grouped = b.reshape(x, [batch, ...size, groups, channels / groups])
  const turned = b.transpose(grouped, [rank + 2, ...size.map((_, i) => i + 1), rank + 1, 0])
  return b.reshape(turned, [channels / groups, ...size, groups * batch])
}

/** [N, S…, C] → [S…, N, C]. */
function asKernel(b: Builder, x: Var): Var {
  const rank = x.type.shape.length - 2
  return b.transpose(x, [...x.type.shape.slice(1, -1).map((_, i) => i + 1), 0, rank + 1])
}

/** The letters that libraries give to spatial axes, by their number. */
const SPATIAL: Record<number, string> = { 1: 'W', 2: 'HW', 3: 'DHW' }
