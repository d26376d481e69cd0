import { pullback } from '../../src/ir/autodiff/gradient.ts'
import type { Builder } from '../../src/ir/builder.ts'
import type { WindowDims } from '../../src/ir/ops/index.ts'
import type { Var } from '../../src/ir/program.ts'
import { elementCount } from '../../src/ir/types.ts'
import { exact } from './entries.ts'
import type { Entry } from './table.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

const line = { strides: [1], low: [0], high: [0], inputDilation: [1], kernelDilation: [1], groups: 1 }

const pool =
  (kind: 'max' | 'sum', size: number, stride: number, pad = 0) =>
  (b: Builder, x: Var) =>
    b.reduceWindow(kind, x, { window: [size], strides: [stride], low: [pad], high: [pad] })

/** The gradient of a maximum, with a cotangent that tells its elements apart. */
function maxGradient(b: Builder, x: Var, dims: WindowDims): Var {
  const y = b.reduceWindow('max', x, dims)
  const ct = b.constant(
    y.type,
    Array.from({ length: elementCount(y.type.shape) }, (_, i) => 2 ** (i % 12)),
  )
  return pullback(b, y, ct, [x])[0]!
}

/** Convolutions and pooling at special values, and the gradients of maxima among equals. */
export const windowEntries: readonly Entry[] = [
  exact(
    'a convolution meets NaN and infinities in its windows only',
    [
      ['f32[1,8,1]', [1, 2, nan, 3, 4, inf, 5, -inf]],
      ['f32[2,1,1]', [1, 2]],
    ],
    (b, [x, k]) => [b.convolution(x!, k!, line)],
  ),
  exact(
    'a convolution whose input is cropped away sees zeros',
    [
      ['f32[2,1,3]', [1, 2, 3, 4, 5, 6]],
      ['f32[1,3,2]', [1, 2, 3, 4, 5, 6]],
      ['f32[1,1,3]', [1, 2, 3]],
    ],
    (b, [x, k, depthwise]) => [
      b.convolution(x!, k!, { ...line, low: [1], high: [-1] }),
      b.convolution(x!, k!, { ...line, low: [-2], high: [4] }),
      b.convolution(x!, k!, { ...line, low: [4], high: [-3] }),
      b.convolution(x!, depthwise!, { ...line, low: [-2], high: [3], groups: 3 }),
      b.convolution(x!, depthwise!, { ...line, low: [4], high: [-3], groups: 3 }),
    ],
  ),
  exact(
    'a convolution of nothing, and onto nothing',
    [
      ['f32[2,0,3]', []],
      ['f32[1,3,0]', []],
      ['f32[2,4,3]', Array.from({ length: 24 }, (_, i) => i)],
      ['f32[1,3,2]', [1, 2, 3, 4, 5, 6]],
    ],
    (b, [none, toNone, x, k]) => [b.convolution(x!, toNone!, line), b.convolution(none!, k!, line)],
  ),
  exact(
    'the sums of windows with NaN, infinities and zeros, the largest of infinities and zeros',
    [
      ['f32[9]', [1, nan, 0, -0, -inf, inf, inf, 2, -3]],
      ['f32[9]', [1, inf, 0, -0, -inf, -inf, -inf, 2, -3]],
    ],
    (b, [x, y]) => [pool('sum', 2, 2)(b, x!), pool('max', 2, 2)(b, y!), pool('max', 3, 1, 1)(b, y!)],
  ),
  exact(
    'integers in windows at their ends',
    [
      ['s32[4]', [2 ** 31 - 1, 1, -(2 ** 31), -1]],
      ['u8[4]', [255, 1, 0, 7]],
      ['s64[2]', [-(2 ** 40), 2 ** 40]],
    ],
    (b, ins) =>
      ins.flatMap(x => [pool('sum', 2, 1)(b, x), pool('max', 2, 1)(b, x), pool('max', 1, 1, 1)(b, x)]),
  ),
  exact(
    'the first of equals takes the gradient',
    [['f32[1,4,4,1]', [3, 3, 1, 0, 3, 2, 0, 1, 0, 0, 5, 4, -0, 0, 4, 5]]],
    (b, [x]) => [
      maxGradient(b, x!, {
        window: [1, 2, 2, 1],
        strides: [1, 2, 2, 1],
        low: [0, 0, 0, 0],
        high: [0, 0, 0, 0],
      }),
    ],
  ),
  exact(
    'the first of equals in windows of more than 16 elements',
    [['f32[6,7]', Array.from({ length: 42 }, (_, i) => (i * 7) % 3)]],
    (b, [x]) => [maxGradient(b, x!, { window: [5, 4], strides: [1, 2], low: [2, 0], high: [2, 1] })],
  ),
]
