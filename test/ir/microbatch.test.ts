import { describe, expect, test } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import { Comparison } from '../../src/ir/microbatch/compare.ts'
import { type Parts, rows, uniform } from '../../src/ir/microbatch/parts.ts'
import type { Var } from '../../src/ir/program.ts'
import { type RefTensor, refTensor } from '../../src/ir/reference.ts'
import { elementCount, tensor } from '../../src/ir/types.ts'
import { foldIn, uniform as uniformNumbers } from '../../src/nn/random.ts'
import { logSumExp, softmax } from '../../src/nn/softmax.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { noise } from '../nn/scope.ts'

const N = 6
const PARTS = 3

interface Given {
  /** f32[rows, 4] and f32[rows, 2, 4] */
  readonly x: Var
  readonly tokens: Var
  /** s32[rows], below 4 */
  readonly ids: Var
  readonly w: Var // f32[4,4]
  readonly s: Var // f32[]
  readonly key: Var // u32[2]
  readonly n: number
}
type Build = (b: Builder, given: Given) => Var

const ALL = [0, 1]
const batched = { lhsBatch: [], rhsBatch: [] }

/** One program at some number of rows. */
function stage(build: Build, n: number) {
  const b = new Builder()
  const shapes = { x: [n, 4], tokens: [n, 2, 4], w: [4, 4], s: [] }
  const floats = Object.entries(shapes).map(([k, shape]) => [k, b.input(k, tensor('f32', shape))])
  const ids = b.input('ids', tensor('s32', [n]))
  const key = b.input('key', tensor('u32', [2]))
  const y = build(b, { ...(Object.fromEntries(floats) as Record<keyof typeof shapes, Var>), ids, key, n })
  b.output('y', y)
  // The inputs by name, and all equations, as a stage would have them.
  return { b, y, program: { ...b.finish('p'), equations: b.equations.slice() } }
}

function partsOf(build: Build): Parts {
  const [whole, part] = [stage(build, N), stage(build, N / PARTS)]
  const fromBatch = ['x', 'tokens', 'ids']
  const roots = whole.program.inputs.map(
    ({ name, value }, i) =>
      [value, part.program.inputs[i]!.value, fromBatch.includes(name) ? rows(0, 0) : uniform(0)] as const,
  )
  const comparison = new Comparison({ whole: whole.b.equations, part: part.b.equations, n: PARTS, roots })
  return comparison.of(whole.y, part.y)
}

const show = (p: Parts): string => {
  if (p.kind === 'mixed') return `mixed by ${p.by.prim.name}`
  if (p.kind === 'position') return 'position'
  const degree = p.degree === null ? 'any' : p.degree
  return p.kind === 'rows' ? `rows ${p.axis}, degree ${degree}` : `${p.kind}, degree ${degree}`
}

/** The value over the whole batch, and over each part, in float64. */
function values(build: Build): { readonly whole: RefTensor; readonly parts: readonly RefTensor[] } {
  const evaluateAt = (n: number, from: number): RefTensor => {
    const { program } = stage(build, n)
    const args = program.inputs.map(({ name, value: { type } }) => {
      const size = elementCount(type.shape)
      if (name === 'key') return refTensor(type, [3, 4])
      if (name === 'ids') return refTensor(type, [3, 0, 1, 1, 2, 0].slice(from, from + n))
      const all = noise(name, [N, 8])
      const row = size / n
      return refTensor(
        type,
        name === 'w' || name === 's' ? all.slice(0, size) : all.slice(from * row, (from + n) * row),
      )
    })
    return evaluate(program, args)[0]!
  }
  const each = N / PARTS
  return {
    whole: evaluateAt(N, 0),
    parts: Array.from({ length: PARTS }, (_, m) => evaluateAt(each, m * each)),
  }
}

/** What a claim about a value says that it is, from the values over the parts. */
function claimed(p: Parts, whole: RefTensor, parts: readonly RefTensor[]): Float64Array {
  if (p.kind === 'mixed' || p.kind === 'position') throw new Error('nothing is claimed')
  const scale = PARTS ** (p.degree ?? 0)
  if (p.kind === 'uniform') return parts[0]!.data.map(v => v * scale)
  if (p.kind === 'sum')
    return whole.data.map((_, i) => (scale * parts.reduce((n, q) => n + q.data[i]!, 0)) / PARTS)
  const inner = elementCount(whole.type.shape.slice(p.axis + 1))
  const length = parts[0]!.type.shape[p.axis]!
  return whole.data.map((_, i) => {
    const at = Math.floor(i / inner) % whole.type.shape[p.axis]!
    const outer = Math.floor(i / inner / whole.type.shape[p.axis]!)
    const [m, inPart] = [Math.floor(at / length), at % length]
    return scale * parts[m]!.data[(outer * length + inPart) * inner + (i % inner)]!
  })
}

const CASES: readonly (readonly [string, string, Build])[] = [
  ['a weight', 'uniform, degree 0', (b, { w }) => b.exp(w)],
  ['a function of each row', 'rows 0, degree 0', (b, { x }) => b.tanh(b.mul(x, 3))],
  [
    'a linear layer',
    'rows 0, degree 0',
    (b, { x, w }) => b.dotGeneral(x, w, { ...batched, lhsContract: [1], rhsContract: [0] }),
  ],
  [
    'a linear layer, rows on the right',
    'rows 1, degree 0',
    (b, { x, w }) => b.dotGeneral(w, x, { ...batched, lhsContract: [0], rhsContract: [1] }),
  ],
  ['rows put before tokens', 'rows 0, degree 0', (b, { tokens, n }) => b.reshape(tokens, [2 * n, 4])],
  [
    'rows behind heads keep their place',
    'rows 1, degree 0',
    (b, { tokens, n }) => b.reshape(b.transpose(tokens, [1, 0, 2]), [2, n, 2, 2]),
  ],
  [
    'rows that are folded into heads',
    'mixed by reshape',
    (b, { tokens, n }) => b.reshape(b.transpose(tokens, [1, 0, 2]), [2 * n, 4]),
  ],
  ['softmax over classes', 'rows 0, degree 0', (b, { x }) => softmax(b, x)],
  ['a sum over rows', 'sum, degree 1', (b, { x }) => b.sum(x, ALL)],
  ['a mean over rows', 'sum, degree 0', (b, { x }) => b.mean(x, ALL)],
  ['the number of rows', 'uniform, degree 1', (b, { n }) => b.add(b.scalar('f32', n), 0)],
  ['a sum over a number of rows', 'sum, degree 0', (b, { x, n }) => b.div(b.sum(x, ALL), n)],
  [
    'cross entropy',
    'sum, degree 1',
    (b, { x, ids, n }) => {
      const hot = b.convert(b.compare('EQ', b.reshape(ids, [n, 1]), b.iota('s32', [n, 4], 1)), 'f32')
      return b.sum(b.sub(logSumExp(b, x), b.sum(b.mul(x, hot), [1])), [0])
    },
  ],
  ['a mean loss with weight decay', 'sum, degree 0', (b, { x, w }) => b.add(b.mean(x, ALL), b.sum(w, ALL))],
  [
    'a sum with weight decay for each row',
    'sum, degree 1',
    (b, { x, w, n }) => b.add(b.sum(x, ALL), b.mul(b.sum(w, ALL), n)),
  ],
  ['a sum with weight decay once', 'mixed by add', (b, { x, w }) => b.add(b.sum(x, ALL), b.sum(w, ALL))],
  [
    'the square of a sum',
    'mixed by mul',
    (b, { x }) => {
      const y = b.sum(x, ALL)
      return b.mul(y, y)
    },
  ],
  ['the root of a sum', 'mixed by sqrt', (b, { x }) => b.sqrt(b.sum(b.mul(x, x), ALL))],
  ['a scaled sum', 'sum, degree 1', (b, { x, s }) => b.mul(b.sum(x, ALL), b.exp(s))],
  [
    'rows against rows',
    'mixed by dot_general',
    (b, { x }) => b.dotGeneral(x, x, { ...batched, lhsContract: [1], rhsContract: [1] }),
  ],
  [
    'a product over the rows',
    'sum, degree 1',
    (b, { x }) => b.dotGeneral(x, b.exp(x), { ...batched, lhsContract: [0], rhsContract: [0] }),
  ],
  [
    'attention within a row',
    'rows 0, degree 0',
    (b, { tokens }) =>
      b.dotGeneral(tokens, tokens, { lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [2] }),
  ],
  ['centred over the rows', 'mixed by broadcast', (b, { x }) => b.sub(x, b.mean(x, [0]))],
  ['the largest of all rows', 'mixed by reduce_max', (b, { x }) => b.reduceMax(x, [0])],
  ['a running sum over the rows', 'mixed by cumsum', (b, { x }) => b.cumsum(x, 0)],
  ['a running sum within a row', 'rows 0, degree 0', (b, { x }) => b.cumsum(x, 1)],
  ['sorted within rows', 'rows 0, degree 0', (b, { x }) => b.sort([x], 1)[0]!],
  ['sorted over the rows', 'mixed by sort', (b, { x }) => b.sort([x], 0)[0]!],
  ['the best two of each row', 'rows 0, degree 0', (b, { x }) => b.topK(x, 2, 1)[0]],
  ['the first row', 'mixed by slice', (b, { x }) => b.sliceAxis(x, 0, 0, 1)],
  ['the first token', 'rows 0, degree 0', (b, { tokens }) => b.sliceAxis(tokens, 1, 0, 1)],
  ['two sets of rows', 'mixed by concatenate', (b, { x }) => b.concatenate([x, b.exp(x)], 0)],
  ['a class token', 'rows 0, degree 0', (b, { x }) => b.concatenate([x, b.zerosLike(x)], 1)],
  ['turned around', 'mixed by reverse', (b, { x }) => b.reverse(x, [0])],
  ['padded tokens', 'rows 0, degree 0', (b, { tokens }) => b.pad(tokens, [0, 1, 0], [0, 0, 0])],
  ['padded rows', 'mixed by pad', (b, { x }) => b.pad(x, [1, 0], [0, 0])],
  ['row numbers', 'position', (b, { n }) => b.iota('s32', [n], 0)],
  ['rows and their numbers', 'mixed by add', (b, { x, n }) => b.add(x, b.iota('f32', [n, 4], 0))],
  [
    'an embedding',
    'rows 0, degree 0',
    (b, { w, ids, n }) =>
      b.gather(w, b.reshape(ids, [n, 1]), {
        offsetDims: [1],
        collapsedDims: [0],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0],
        indexVectorDim: 1,
        sliceSizes: [1, 4],
      }),
  ],
  [
    'one element of each row',
    'rows 0, degree 0',
    (b, { x, ids, n }) =>
      b.gather(x, b.reshape(ids, [n, 1]), {
        offsetDims: [],
        collapsedDims: [1],
        operandBatch: [0],
        indexBatch: [0],
        startIndexMap: [1],
        indexVectorDim: 1,
        sliceSizes: [1, 1],
      }),
  ],
  [
    'rows looked up by number',
    'mixed by gather',
    (b, { x, ids, n }) =>
      b.gather(x, b.reshape(ids, [n, 1]), {
        offsetDims: [1],
        collapsedDims: [0],
        operandBatch: [],
        indexBatch: [],
        startIndexMap: [0],
        indexVectorDim: 1,
        sliceSizes: [1, 4],
      }),
  ],
  [
    'a scan over tokens',
    'rows 0, degree 0',
    (b, { tokens, n }) =>
      b.scan([b.fill(tensor('f32', [n, 4]), 0)], [b.transpose(tokens, [1, 0, 2])], (c, [h], [x]) => ({
        carry: [c.tanh(c.add(h!, x!))],
      })).carry[0]!,
  ],
  [
    'a scan over rows',
    'mixed by scan',
    (b, { x }) =>
      b.scan([b.fill(tensor('f32', [4]), 0)], [x], (c, [h], [y]) => ({ carry: [c.add(h!, y!)] })).carry[0]!,
  ],
  [
    'sums of what a scan carries',
    'sum, degree 1',
    (b, { x }) =>
      b.scan([b.scalar('f32', 0)], [], (c, [h]) => ({ carry: [c.add(h!, c.sum(c.exp(x), ALL))] }), {
        length: 2,
      }).carry[0]!,
  ],
  [
    'a block that is computed again',
    'rows 0, degree 0',
    (b, { x, w }) => b.remat(c => [c.add(c.exp(x), c.sum(w, ALL))])[0]!,
  ],
  [
    'a choice by a weight',
    'sum, degree 1',
    (b, { x, s }) =>
      b.cond(
        b.compare('GT', s, 0),
        c => [c.sum(x, ALL)],
        c => [c.sum(c.neg(x), ALL)],
      )[0]!,
  ],
  [
    'a choice by the batch',
    'mixed by compare',
    (b, { x, s }) =>
      b.cond(
        b.compare('GT', b.sum(x, ALL), 0),
        () => [s],
        c => [c.neg(s)],
      )[0]!,
  ],
  ['one random number', 'uniform, degree 0', (b, { key }) => uniformNumbers(b, foldIn(b, key, 1), [])],
]

describe('how a value over a batch follows from its parts', () => {
  test.each(CASES)('%s: %s', (_, want, build) => {
    const parts = partsOf(build)
    expect(show(parts)).toBe(want)
    if (parts.kind === 'mixed' || parts.kind === 'position') return
    const { whole, parts: each } = values(build)
    claimed(parts, whole, each).forEach((v, i) => {
      expect(v).toBeCloseTo(whole.data[i]!, 9)
    })
  })

  test('random numbers for each row are rows, other ones in each part', () => {
    const dropped: Build = (b, { x, key }) => b.mul(x, uniformNumbers(b, foldIn(b, key, 1), x.type.shape))
    expect(show(partsOf(dropped))).toBe('rows 0, degree 0')
  })

  test('a batch as large as a width is not taken for it', () => {
    // 1/N for the mean over N columns is one constant with 1/N for the mean over N rows, but not in a part.
    const square: Build = (b, { x, n }) => {
      const wide = b.broadcast(b.sum(x, [1]), [n, N], [0])
      return b.mean(b.mean(wide, [1]), [0])
    }
    expect(show(partsOf(square))).toBe('sum, degree 0')
  })
})
