import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Builder } from '../../src/ir/builder.ts'
import type { Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { exact, given, smooth } from './entries.ts'
import type { Entry } from './table.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

/** A zero's sign shows in its bits only. */
const bits = (b: Builder, x: Var): Var => b.bitcast(x, 'u32')

const numbers: readonly Entry[] = [
  exact(
    'powers at zeros, ones, infinities and NaN',
    [
      ['f32[17]', [0, 0, 0, -0, 1, 1, -1, -1, inf, inf, -inf, nan, nan, -8, -2, -2, 2]],
      ['f32[17]', [0, 2, -1, 3, nan, inf, inf, -inf, 0, -1, 3, 0, 1, 0.5, 3, 2, -inf]],
    ],
    (b, [x, y]) => [b.pow(x!, y!)],
  ),
  given(
    'the gradient of a square reaches negative numbers',
    [['f32[4]', [-1.5, -0.25, 0.5, 3]]],
    (b, [x]) => [b.pow(x!, 2)],
  ),
  exact('the gradient of a power of 0 or to 0 is no NaN', [['f32[3]', [0, 2, 0]]], (b, [x]) => {
    const y = b.constant(tensor('f32', [3]), [0, 0, 2])
    return gradient(b, b.sum(b.pow(x!, y), [0]), [x!, y])
  }),
  exact(
    'remainders of zeros, infinities and NaN',
    [
      ['f32[9]', [5, -5, 5, -0, inf, nan, 1, 5.5, -5.5]],
      ['f32[9]', [3, 3, -3, 2, 2, 2, 0, inf, -inf]],
    ],
    (b, [x, y]) => [b.rem(x!, y!), b.rem(x!, nan)],
  ),
  exact(
    'whole remainders of a division by 0 and at the ends',
    [
      ['s32[5]', [7, -7, -2147483648, -2147483648, 2147483647]],
      ['s32[5]', [0, 0, -1, 3, -2147483648]],
      ['u32[2]', [4294967295, 7]],
    ],
    (b, [x, y, u]) => [b.rem(x!, y!), b.rem(u!, 10), b.rem(u!, 0)],
  ),
  exact(
    'halves go to the even number',
    [['f32[12]', [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, 8388609, inf, -inf, nan, -0, -0.2]]],
    (b, [x]) => [b.round(x!), bits(b, b.round(b.sliceAxis(x!, 0, 10, 12)))],
  ),
  exact('signs and tests', [['f32[7]', [0, -0, inf, -inf, nan, 1e-30, -3.4e38]]], (b, [x]) => [
    b.sign(x!),
    b.isFinite(x!),
    bits(b, b.sign(b.sliceAxis(x!, 0, 0, 2))),
  ]),
  exact(
    'clamped infinities and integers',
    [
      ['f32[4]', [inf, -inf, 0.5, -7]],
      ['s32[3]', [-2147483648, 5, 2147483647]],
    ],
    (b, [x, s]) => [b.clamp(x!, -1, 1), b.clamp(x!, -inf, 0), b.clamp(s!, -1, 7), b.clamp(s!, 7, -1)],
  ),
  exact('a clamped number on a bound keeps its gradient', [['f32[5]', [-2, -1, 0, 1, 2]]], (b, [x]) =>
    gradient(b, b.sum(b.clamp(x!, -1, 1), [0]), [x!]),
  ),
  {
    ...exact(
      'logarithm and exponential keep small numbers',
      [['f32[4]', [1e-8, -1e-8, 3e-20, 1e-6]]],
      (b, [x]) => [b.mul(b.log1p(x!), 1e8), b.mul(b.expm1(x!), 1e8)],
    ),
    tol: 1e-6,
  },
  exact('log1p and expm1 at their ends', [['f32[4]', [-1, inf, -0, nan]]], (b, [x]) => [
    b.log1p(x!),
    b.expm1(b.sliceAxis(x!, 0, 1, 4)),
    b.expm1(b.neg(b.sliceAxis(x!, 0, 1, 2))),
    bits(b, b.log1p(b.sliceAxis(x!, 0, 2, 3))),
  ]),
  exact(
    'shifts by the whole width and more',
    [
      ['s32[6]', [-1, -1, 1, -2147483648, 5, 5]],
      ['s32[6]', [31, 32, 31, 40, -1, 0]],
    ],
    (b, [x, y]) => [b.shiftLeft(x!, y!), b.shiftRightArithmetic(x!, y!)],
  ),
]

const reductions: readonly Entry[] = [
  exact('the smallest of infinities', [['f32[2,3]', [inf, inf, inf, 1, -inf, inf]]], (b, [x]) => [
    b.reduceMin(x!, [1]),
    b.reduceMin(x!, [0]),
  ]),
  exact('a long minimum finds both ends, whatever the length', [], b =>
    [4096, 4097, 4098, 4099, 6001].flatMap(n => {
      const row = b.convert(b.iota('s32', [n], 0), 'f32')
      return [b.reduceMin(row, [0]), b.reduceMin(b.neg(row), [0])]
    }),
  ),
  given('the gradient of a product with one zero reaches it', [['f32[5]', [2, 0, 3, -1, 4]]], (b, [x]) => [
    b.reduceProd(x!, [0]),
  ]),
  given(
    'the gradient of products with zeros',
    [['f32[3,2,3]', [2, 0, 3, 0, 5, 1, 4, 2, 1, 4, 1, -1, 1, 2, 3, 4, 0, 6]]],
    (b, [x]) => [b.reduceProd(x!, [0, 2])],
  ),
  smooth('the second derivative of a product', ['f32[2,5]'], (b, [x]) => {
    const [g] = gradient(b, b.sum(b.reduceProd(x!, [1]), [0]), [x!])
    return b.mul(g!, g!)
  }),
  exact('empty reductions of the new kinds', [['f32[0,3]', []]], (b, [x]) => [
    b.reduceMin(x!, [0]),
    b.reduceProd(x!, [0]),
    b.reduceAnd(b.isFinite(x!), [0]),
    b.reduceOr(b.isFinite(x!), [0]),
    b.cumsum(x!, 0),
    b.cumsum(x!, 1, { exclusive: true, reverse: true }),
    ...b.sort([x!, x!], 1),
    ...b.sort([x!], 0),
    ...b.topK(x!, 2, 1),
    b.dynamicSlice(x!, [0, 1], [0, 2]),
    b.dynamicUpdateSlice(x!, x!, [0, 0]),
  ]),
  exact(
    'the smallest element: the first of equals, a NaN before all',
    [['f32[3,4]', [3, 1, 1, 2, 0, nan, -inf, nan, inf, inf, inf, inf]]],
    (b, [x]) => [b.argmin(x!, 1), b.argmin(x!, 0)],
  ),
]

const sums: readonly Entry[] = [
  exact(
    'running sums meet infinities and NaN where they stand',
    [['f32[6]', [1, inf, 2, -inf, 3, nan]]],
    (b, [x]) => [b.cumsum(x!, 0), b.cumsum(x!, 0, { reverse: true }), b.cumsum(x!, 0, { exclusive: true })],
  ),
  exact('running sums of every length', [], b =>
    [1, 2, 31, 32, 33, 64, 127, 1000].flatMap(n => {
      const row = b.iota('s32', [n], 0)
      return [b.cumsum(row, 0), b.cumsum(row, 0, { reverse: true, exclusive: true })]
    }),
  ),
]

const ties = [1, nan, -0, inf, 0, -inf, 1, nan, -1, 0, -0]

const orders: readonly Entry[] = [
  exact('NaN comes last, equals keep their order, zeros are equal', [['f32[11]', ties]], (b, [x]) => {
    const places = b.iota('s32', [11], 0)
    return [false, true].flatMap(descending => {
      const [sorted, from] = b.sort([x!, places], 0, { descending })
      return [bits(b, b.select(b.compare('EQ', sorted!, sorted!), sorted!, 0)), from!, sorted!]
    })
  }),
  exact('bfloat16 keys sort alike', [['bf16[11]', ties]], (b, [x]) =>
    [false, true].flatMap(descending => b.sort([x!, b.iota('s32', [11], 0)], 0, { descending })),
  ),
  exact(
    'integers sort by value, whatever their sign',
    [
      ['s32[6]', [2147483647, -2147483648, 0, -1, 1, -1]],
      ['u32[4]', [4294967295, 0, 2147483648, 2147483647]],
      ['u8[4]', [255, 0, 128, 127]],
    ],
    (b, [s, u, w]) =>
      [s!, u!, w!].flatMap(x =>
        [false, true].flatMap(descending => [
          ...b.sort([x, b.iota('s32', x.type.shape, 0)], 0, { descending }),
          ...b.sort([x], 0, { descending }),
        ]),
      ),
  ),
  exact(
    'the largest few: NaN first, the first of equals first, zeros equal',
    [['f32[11]', ties]],
    (b, [x]) => {
      const [values, indices] = b.topK(x!, 11, 0)
      return [indices, values, bits(b, b.select(b.compare('EQ', values, values), values, 0))]
    },
  ),
  smooth('a sort is undone by its gradient', ['f32[4,3,5]', 'f32[4,3,5]'], (b, [x, y]) => {
    const [sorted, carried] = b.sort([x!, y!], 1, { descending: true })
    return b.mul(b.mul(sorted!, sorted!), carried!)
  }),
  smooth('payload sorted by integers', ['s32[3,6]', 'f32[3,6]'], (b, [keys, x]) =>
    b.mul(b.sort([keys!, x!], 1)[1]!, b.convert(b.iota('s32', [3, 6], 1), 'f32')),
  ),
  smooth('the largest few along an inner axis', ['f32[2,7,3]'], (b, [x]) => {
    const [values, indices] = b.topK(x!, 3, 1)
    return b.mul(values, b.add(b.convert(indices, 'f32'), 1))
  }),
  smooth('the gradient of a sort has one too', ['f32[7]'], (b, [x]) => {
    const [sorted] = b.sort([x!], 0)
    const [g] = gradient(b, b.sum(b.mul(b.exp(sorted!), b.convert(b.iota('s32', [7], 0), 'f32')), [0]), [x!])
    return g!
  }),
]

const windows: readonly Entry[] = [
  smooth('a moving window is read and written', ['f32[4,5]', 'f32[2,2]', 's32[]'], (b, [x, update, i]) => {
    const start = b.sub(b.abs(i!), 1)
    const written = b.dynamicUpdateSlice(x!, update!, [start, 3])
    return b.mul(
      b.dynamicSlice(written, [start, b.mul(start, 2)], [3, 3]),
      b.dynamicSlice(x!, [9, -9], [3, 3]),
    )
  }),
  smooth('a barrier lets gradients through', ['f32[3]', 'f32[2,2]'], (b, [x, y]) => {
    const [p, q] = b.optimizationBarrier([b.exp(x!), b.exp(y!)])
    return b.mul(b.sum(p!, [0]), q!)
  }),
  exact('a value with the gradient of another', [['f32[4]', [0.2, -1.7, 1e30, 2.5]]], (b, [x]) => {
    const whole = b.straightThrough(b.round(x!), x!)
    return [
      whole,
      ...gradient(b, b.sum(b.mul(whole, b.constant(tensor('f32', [4]), [1, 2, 3, 4])), [0]), [x!]),
    ]
  }),
]

/** Edges of numbers, reductions, orders and moving windows. */
export const orderEntries: readonly Entry[] = [...numbers, ...reductions, ...sums, ...orders, ...windows]
