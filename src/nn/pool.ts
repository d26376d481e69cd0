import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { tensor } from '../ir/types.ts'
import { asPictures, type PerAxis, perAxis, withLead } from './conv.ts'
import { inFloat32 } from './precision.ts'

export interface PoolOptions {
  /** Size of the window. */
  readonly kernel: PerAxis
  /** The window's own size by default. */
  readonly stride?: PerAxis
  /** Rows and columns around the picture that a maximum never takes and a mean takes as 0; at most half a window. */
  readonly padding?: PerAxis
}

/**
 * The largest value of each window: `x` [..., H, W, C] → [..., H', W', C], H' = ⌊(H + 2 padding - kernel) / stride⌋ + 1.
 * As torch.nn.MaxPool2d, so the first of equal values takes the gradient.
 */
export function maxPool2d(b: Builder, x: Var, options: PoolOptions): Var {
  const { dims } = windows(b, options)
  return withLead(b, x, b.reduceWindow('max', asPictures(b, x, 2), dims), 2)
}

/**
 * The mean of each window, sizes as in `maxPool2d`; torch.nn.AvgPool2d. With `countPadding` (as there, the default)
 * padding counts as zeros, without it the mean is over what lies in the picture. In float32.
 */
export function avgPool2d(
  b: Builder,
  x: Var,
  options: PoolOptions & { readonly countPadding?: boolean },
): Var {
  const { dims, kernel, stride, padding } = windows(b, options)
  return inFloat32(b, x, v => {
    const sums = b.reduceWindow('sum', asPictures(b, v, 2), dims) // [N, H', W', C]
    if (options.countPadding !== false) return withLead(b, x, b.mul(sums, 1 / (kernel[0]! * kernel[1]!)), 2)
    // How many of a window's rows (columns) lie in the picture, for each place of the window.
    const counts = [0, 1].map(axis =>
      Array.from({ length: sums.type.shape[axis + 1]! }, (_, i) => {
        const from = i * stride[axis]! - padding[axis]!
        return Math.min(from + kernel[axis]!, x.type.shape.at(axis - 3)!) - Math.max(from, 0)
      }),
    ) as [number[], number[]]
    const shares = counts[0].flatMap(rows => counts[1].map(columns => 1 / (rows * columns)))
    const share = b.constant(tensor('f32', [counts[0].length, counts[1].length, 1]), shares)
    return withLead(b, x, b.mul(sums, share), 2)
  })
}

function windows(b: Builder, options: PoolOptions) {
  const kernel = perAxis(options.kernel, 2)
  const stride = perAxis(options.stride ?? kernel, 2)
  const padding = perAxis(options.padding ?? 0, 2)
  if (padding.some((p, i) => 2 * p > kernel[i]!))
    throw new BuildError(`padding [${padding}] is more than half of the window [${kernel}]`, b.currentOrigin)
  const around = [0, ...padding, 0]
  const dims = { window: [1, ...kernel, 1], strides: [1, ...stride, 1], low: around, high: around }
  return { dims, kernel, stride, padding }
}
