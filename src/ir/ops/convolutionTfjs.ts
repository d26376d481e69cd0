import type { TfjsEmitter, TfjsRef } from '../primitive.ts'
import { forEachIndex } from '../reference.ts'
import { elementCount, type TensorType, tensor } from '../types.ts'
import type { ConvolutionDims } from './convolution.ts'

/**
 * A convolution on TensorFlow.js. Its kernel takes two spatial axes and one group; what has more is a matrix
 * product of patches, or, where the windows are many and the results few (as in the gradient of a kernel), one
 * product for each place of the result. Null where the padding crops everything away.
 */
export function convolveTfjs(
  tf: TfjsEmitter,
  x: TfjsRef,
  kernel: TfjsRef,
  d: ConvolutionDims,
  out: TensorType,
): TfjsRef | null {
  const spread = spreadInput(tf, x, d)
  if (!spread) return null
  // Where cropping leaves nothing, windows see padding alone.
  if (elementCount(spread.type.shape) === 0)
    return tf.broadcast(tf.constant(tensor(out.dtype, []), [0]), out.shape, [])
  const [low, high] = [d.low, d.high].map(list => list.map(n => Math.max(0, n)))
  const oneStep = [d.strides, d.kernelDilation].some(list => list.every(n => n === 1))
  if (d.groups === 1 && d.strides.length <= 2 && oneStep)
    return plain(tf, spread, kernel, { ...d, low: low!, high: high! }, out)
  const padded = tf.pad(spread, 0, [0, ...low!, 0], [0, ...high!, 0])
  if (kernel.type.shape.at(-2) === 1) return depthwise(tf, padded, kernel, d, out)
  const window = kernel.type.shape.slice(0, -2)
  const few = elementCount(window) > elementCount(out.shape.slice(1, -1))
  return few ? byPlaces(tf, padded, kernel, d, out) : byPatches(tf, padded, kernel, d, out)
}

/** The input with zeros between its elements, cropped where the padding is negative. */
function spreadInput(tf: TfjsEmitter, x: TfjsRef, d: ConvolutionDims): TfjsRef | null {
  const none = x.type.shape.map(() => 0)
  const interior = [0, ...d.inputDilation.map(n => n - 1), 0]
  const spread = interior.some(n => n > 0) ? tf.pad(x, 0, none, none, interior) : x
  if ([...d.low, ...d.high].every(n => n >= 0)) return spread
  const start = spread.type.shape.map((n, i) => Math.min(n, Math.max(0, -(d.low[i - 1] ?? 0))))
  const sizes = spread.type.shape.map((n, i) =>
    Math.max(0, n - start[i]! - Math.max(0, -(d.high[i - 1] ?? 0))),
  )
  return sizes.some(n => n < 1) ? null : tf.slice(spread, start, sizes)
}

function plain(tf: TfjsEmitter, x: TfjsRef, kernel: TfjsRef, d: ConvolutionDims, out: TensorType): TfjsRef {
  // One spatial axis is a picture of one row.
  const row = d.strides.length === 1
  const wide = (list: readonly number[], rest: number): number[] => (row ? [rest, ...list] : [...list])
  const picture = (t: TensorType): number[] => [t.shape[0]!, ...wide(t.shape.slice(1), 1)]
  const [low, high] = [wide(d.low, 0), wide(d.high, 0)]
  const operands = {
    x: row ? tf.reshape(x, picture(x.type)) : x,
    filter: row ? tf.reshape(kernel, [1, ...kernel.type.shape]) : kernel,
  }
  const y = tf.kernel('Conv2D', operands, tensor(out.dtype, picture(out)), {
    strides: wide(d.strides, 1),
    pad: [[0, 0], ...low.map((n, i) => [n, high[i]!]), [0, 0]],
    dataFormat: 'NHWC',
    dilations: wide(d.kernelDilation, 1),
  })
  return row ? tf.reshape(y, out.shape) : y
}

/** What each element of the kernel meets: [N, T…, I] for each place in the window. */
function taps(
  tf: TfjsEmitter,
  x: TfjsRef,
  kernel: TensorType,
  d: ConvolutionDims,
  out: TensorType,
): TfjsRef[] {
  const parts: TfjsRef[] = []
  const sizes = [...out.shape.slice(0, -1), x.type.shape.at(-1)!]
  forEachIndex(kernel.shape.slice(0, -2), k => {
    const start = [0, ...k.map((n, i) => n * d.kernelDilation[i]!), 0]
    parts.push(tf.slice(x, start, sizes, [1, ...d.strides, 1]))
  })
  return parts
}

/** The channels of one group, of the last axis. */
function channels(tf: TfjsEmitter, x: TfjsRef, group: number, size: number): TfjsRef {
  const { shape } = x.type
  if (size === shape.at(-1)) return x
  const last = shape.length - 1
  return tf.slice(
    x,
    shape.map((_, i) => (i === last ? group * size : 0)),
    shape.map((n, i) => (i === last ? size : n)),
  )
}

/** The product of patches [N · places, window · I / groups] with the kernel, group by group, [N · places, O]. */
function product(
  tf: TfjsEmitter,
  patches: (group: number) => TfjsRef,
  kernel: TfjsRef,
  groups: number,
  rows: number,
): TfjsRef {
  const { shape } = kernel.type
  const [length, features] = [elementCount(shape.slice(0, -1)), shape.at(-1)! / groups]
  const parts = Array.from({ length: groups }, (_, g) => {
    const weights = tf.reshape(channels(tf, kernel, g, features), [1, length, features])
    return tf.matmul(tf.reshape(patches(g), [1, rows, length]), weights)
  })
  const joined = parts.length === 1 ? parts[0]! : tf.concatenate(parts, 2)
  return tf.reshape(joined, [rows, groups * features])
}

function byPatches(
  tf: TfjsEmitter,
  x: TfjsRef,
  kernel: TfjsRef,
  d: ConvolutionDims,
  out: TensorType,
): TfjsRef {
  const parts = taps(tf, x, kernel.type, d, out)
  const perGroup = kernel.type.shape.at(-2)!
  const axis = out.shape.length - 1
  const patches = (g: number) =>
    tf.concatenate(
      parts.map(part => channels(tf, part, g, perGroup)),
      axis,
    )
  return tf.reshape(product(tf, patches, kernel, d.groups, elementCount(out.shape.slice(0, -1))), out.shape)
}

function byPlaces(
  tf: TfjsEmitter,
  x: TfjsRef,
  kernel: TfjsRef,
  d: ConvolutionDims,
  out: TensorType,
): TfjsRef {
  const [batch, all] = [out.shape[0]!, x.type.shape.at(-1)!]
  const [window, perGroup] = [kernel.type.shape.slice(0, -2), kernel.type.shape.at(-2)!]
  const places: TfjsRef[] = []
  forEachIndex(out.shape.slice(1, -1), t => {
    const start = [0, ...t.map((n, i) => n * d.strides[i]!), 0]
    const seen = tf.slice(x, start, [batch, ...window, all], [1, ...d.kernelDilation, 1])
    const y = product(tf, g => channels(tf, seen, g, perGroup), kernel, d.groups, batch)
    places.push(tf.reshape(y, [batch, 1, out.shape.at(-1)!]))
  })
  return tf.reshape(tf.concatenate(places, 1), out.shape)
}

/** One channel a group: products element by element, summed over the window. */
function depthwise(
  tf: TfjsEmitter,
  x: TfjsRef,
  kernel: TfjsRef,
  d: ConvolutionDims,
  out: TensorType,
): TfjsRef {
  const [places, features] = [out.shape.slice(0, -1), out.shape.at(-1)! / d.groups]
  const shape = [...places, d.groups, features]
  const wide = tensor(out.dtype, shape)
  const size = elementCount(kernel.type.shape.slice(0, -2))
  const weights = tf.reshape(kernel, [size, d.groups, features])
  const [first, ...others] = taps(tf, x, kernel.type, d, out).map((part, k) => {
    const weight = tf.reshape(tf.slice(weights, [k, 0, 0], [1, d.groups, features]), [d.groups, features])
    const axes = [...shape.keys()]
    return tf.elementwise(
      'Multiply',
      [tf.broadcast(part, shape, axes.slice(0, -1)), tf.broadcast(weight, shape, axes.slice(-2))],
      wide,
    )
  })
  const sum = others.reduce((total, part) => tf.elementwise('Add', [total, part], wide), first!)
  return tf.reshape(sum, out.shape)
}
