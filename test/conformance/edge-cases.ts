import type { Builder } from '../../src/ir/builder.ts'
import type { Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { controlEntries } from './control-entries.ts'
import { exact, smooth } from './entries.ts'
import { orderEntries } from './order-entries.ts'
import { rankEntries } from './rank-entries.ts'
import type { Entry } from './table.ts'
import { windowEntries } from './window-entries.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number
const SPECIAL = [nan, inf, -inf, 0, -0, 1, -1, 0.5]

const specialValues: readonly Entry[] = [
  exact('constants keep infinities and the sign of zero', [], b => [
    b.bitcast(b.constant(tensor('f32', [6]), [inf, -inf, 0, -0, 1e-45, 3.4e38]), 'u32'),
    b.bitcast(b.fill(tensor('f32', [2]), -0), 'u32'),
    b.bitcast(b.add(b.fill(tensor('f32', [2]), 0), 0), 'u32'),
  ]),
  exact(
    'comparisons of NaN, infinities and zeros',
    [
      ['f32[8]', SPECIAL],
      ['f32[8]', [nan, inf, 1, -0, 0, 1, nan, -inf]],
    ],
    (b, [x, y]) => (['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'] as const).map(d => b.compare(d, x!, y!)),
  ),
  exact(
    'a NaN counts as infinity for the index of the largest',
    [['f32[4,3]', [1, nan, 2, -inf, -inf, -inf, inf, 3, inf, nan, nan, nan]]],
    (b, [x]) => [b.argmax(x!, 1), b.argmax(x!, 0)],
  ),
  exact('the first of equal elements is the largest', [['f32[2,4]', [3, 5, 5, 1, 0, -0, 0, 0]]], (b, [x]) => [
    b.argmax(x!, 1),
  ]),
  exact('a long maximum finds both ends, whatever the length', [], b =>
    [4096, 4097, 4098, 4099, 6001].flatMap(n => {
      const row = b.convert(b.iota('s32', [n], 0), 'f32')
      return [b.reduceMax(row, [0]), b.reduceMax(b.neg(row), [0])]
    }),
  ),
  exact('the largest of infinities', [['f32[2,3]', [-inf, -inf, -inf, 1, inf, -inf]]], (b, [x]) => [
    b.reduceMax(x!, [1]),
    b.reduceMax(x!, [0]),
    b.max(x!, -inf),
    b.min(x!, inf),
  ]),
  exact(
    'floats to bools and integers',
    [['f32[9]', [0, -0, nan, inf, 0.5, -1.9, 1.9, -0.5, 7]]],
    (b, [x]) => [b.convert(x!, 'bool'), b.convert(b.select(b.compare('LT', b.abs(x!), 10), x!, 0), 's32')],
  ),
  exact('functions at infinities', [['f32[2]', [inf, -inf]]], (b, [x]) => [
    b.exp(x!),
    b.tanh(x!),
    b.logistic(x!),
    b.abs(x!),
    b.neg(x!),
    b.floor(x!),
    b.sin(x!),
  ]),
  {
    ...exact('erf at its ends', [['f32[5]', [inf, -inf, nan, 0, 10]]], (b, [x]) => [b.erf(x!)]),
    tol: 1e-6,
  },
  exact('functions at and below zero', [['f32[3]', [0, -1, nan]]], (b, [x]) => [
    b.log(x!),
    b.sqrt(x!),
    b.rsqrt(x!),
    b.div(1, x!),
    b.div(x!, 0),
  ]),
  exact(
    'integers wrap at their ends',
    [
      ['s32[3]', [2147483647, -2147483648, -1]],
      ['u8[3]', [255, 0, 128]],
      ['u32[3]', [4294967295, 0, 2147483648]],
    ],
    (b, [s, u, w]) => [
      b.add(s!, 1),
      b.sub(s!, 1),
      b.neg(s!),
      b.abs(s!),
      b.mul(s!, 3),
      b.add(u!, 1),
      b.sub(u!, 1),
      b.mul(u!, 3),
      b.neg(w!),
      b.mul(w!, w!),
      b.not(w!),
      b.not(u!),
      b.sum(w!, [0]),
      b.sum(s!, [0]),
      b.sum(u!, [0]),
    ],
  ),
  exact(
    'bfloat16 arrays keep their values',
    [['bf16[5]', [1.00390625, 1.01171875, -3e38, nan, -inf]]],
    (b, [x]) => [x!, b.convert(x!, 'f32')],
  ),
]

/** One number an index: `gather` and `scatter` along axis 0 of a table. */
const ROWS = {
  offsetDims: [1],
  collapsedDims: [0],
  operandBatch: [],
  indexBatch: [],
  startIndexMap: [0],
  indexVectorDim: 1,
}

const outside: readonly Entry[] = [
  exact(
    'a gather outside moves inside',
    [
      ['f32[3,2]', [1, 2, 3, 4, 5, 6]],
      ['s32[4]', [-1, 0, 2, 9]],
    ],
    (b, [x, i]) => [b.gather(x!, i!, { ...ROWS, sliceSizes: [1, 2] })],
  ),
  exact(
    'a window that reaches outside moves inside',
    [
      ['f32[5]', [1, 2, 3, 4, 5]],
      ['s32[3]', [-2, 1, 4]],
    ],
    (b, [x, i]) => [b.gather(x!, i!, { ...ROWS, collapsedDims: [], sliceSizes: [3] })],
  ),
  exact(
    'a scatter outside adds nothing',
    [
      ['f32[3,2]', [1, 2, 3, 4, 5, 6]],
      ['s32[5]', [-1, 0, 2, 9, 2]],
      ['f32[5,2]', [1, 1, 2, 2, 4, 4, 8, 8, 16, 16]],
    ],
    (b, [x, i, u]) => [b.scatterAdd(x!, i!, u!, ROWS)],
  ),
  exact(
    'a window that reaches outside adds nothing',
    [
      ['f32[5]', [1, 2, 3, 4, 5]],
      ['s32[3]', [-2, 1, 4]],
      ['f32[3,3]', [1, 1, 1, 2, 2, 2, 4, 4, 4]],
    ],
    (b, [x, i, u]) => [b.scatterAdd(x!, i!, u!, { ...ROWS, collapsedDims: [] })],
  ),
]

const empty: readonly Entry[] = [
  exact('empty arrays, in and out', [['f32[0,3]', []]], (b, [x]) => [
    x!,
    b.exp(x!),
    b.transpose(x!, [1, 0]),
    b.reshape(x!, [3, 0, 2]),
    b.argmax(x!, 1),
    b.sum(x!, [1]),
    b.broadcast(x!, [2, 0, 3], [1, 2]),
    b.reverse(x!, [0]),
  ]),
  exact('empty reductions and contractions', [['f32[0,3]', []]], (b, [x]) => [
    b.sum(x!, [0]),
    b.sum(x!, [0, 1]),
    b.reduceMax(x!, [0]),
    b.dotGeneral(x!, x!, { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] }),
    b.pad(x!, [1, 0], [1, 0], 7),
    b.concatenate([x!, b.fill(tensor('f32', [1, 3]), 4)], 0),
    b.iota('s32', [0], 0),
  ]),
  exact(
    'no indices',
    [
      ['f32[3,2]', [1, 2, 3, 4, 5, 6]],
      ['s32[0]', []],
      ['f32[0,2]', []],
    ],
    (b, [x, i, u]) => [b.gather(x!, i!, { ...ROWS, sliceSizes: [1, 2] }), b.scatterAdd(x!, i!, u!, ROWS)],
  ),
]

const lastAxis = (x: Var): number => x.type.shape.length - 1

function softmax(b: Builder, x: Var): Var {
  const axis = lastAxis(x)
  const column = [...x.type.shape.slice(0, axis), 1]
  const top = b.stopGradient(b.reshape(b.reduceMax(x, [axis]), column))
  const e = b.exp(b.sub(x, top))
  return b.div(e, b.reshape(b.sum(e, [axis]), column))
}

const compositions: readonly Entry[] = [
  smooth('add: axes of size 1 stretch', ['f32[2,1,3]', 'f32[4,1]'], (b, [x, y]) => b.add(x!, y!)),
  smooth('mul: a leading and an inner axis stretch', ['f32[1,3,1,2]', 'f32[4,1,2,1]'], (b, [x, y]) =>
    b.mul(x!, y!),
  ),
  smooth('mul: a scalar stretches', ['f32[]', 'f32[2,2]'], (b, [x, y]) => b.mul(x!, y!)),
  smooth('select: the condition stretches', ['f32[3,1]', 'f32[4]'], (b, [x, y]) =>
    b.select(b.compare('GT', x!, 0), y!, b.mul(x!, y!)),
  ),
  smooth('x used often: its gradients add up', ['f32[5]'], (b, [x]) =>
    b.add(b.mul(x!, b.exp(x!)), b.mul(x!, x!)),
  ),
  // WebAssembly's matrix products know their right operand by its memory alone.
  smooth('a value contracted with itself', ['f32[3]'], (b, [x]) => {
    const y = b.tanh(x!)
    return b.dotGeneral(y, y, { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] })
  }),
  smooth('softmax', ['f32[4,7]'], (b, [x]) => softmax(b, x!)),
  smooth('layer norm', ['f32[3,8]', 'f32[8]', 'f32[8]'], (b, [x, gain, bias]) => {
    const centred = b.sub(x!, b.reshape(b.mean(x!, [1]), [3, 1]))
    const scale = b.rsqrt(b.add(b.mean(b.mul(centred, centred), [1]), 1e-5))
    return b.add(b.mul(b.mul(centred, b.reshape(scale, [3, 1])), gain!), bias!)
  }),
  smooth('gelu', ['f32[3,5]'], (b, [x]) => b.mul(b.mul(x!, 0.5), b.add(b.erf(b.mul(x!, Math.SQRT1_2)), 1))),
  smooth('attention', ['f32[2,3,5,4]', 'f32[2,3,6,4]', 'f32[2,3,6,4]'], (b, [q, k, v]) => {
    const both = { lhsBatch: [0, 1], rhsBatch: [0, 1] }
    const scores = b.dotGeneral(q!, k!, { ...both, lhsContract: [3], rhsContract: [3] })
    return b.dotGeneral(softmax(b, scores), v!, { ...both, lhsContract: [3], rhsContract: [2] })
  }),
  smooth('symmetric contrast', ['f32[6,4]', 'f32[6,4]'], (b, [x, y]) => {
    const logits = b.dotGeneral(x!, y!, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] })
    const diagonal = b.convert(b.compare('EQ', b.iota('s32', [6, 6], 0), b.iota('s32', [6, 6], 1)), 'f32')
    const loss = (z: Var) => b.neg(b.sum(b.mul(b.log(softmax(b, z)), diagonal), [0, 1]))
    return b.add(loss(logits), loss(b.transpose(logits, [1, 0])))
  }),
]

/** Computations at the edges of the primitives' meaning, and small compositions of them. */
export const edgeEntries: readonly Entry[] = [
  ...specialValues,
  ...outside,
  ...empty,
  ...compositions,
  ...controlEntries,
  ...orderEntries,
  ...windowEntries,
  ...rankEntries,
]
