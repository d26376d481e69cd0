import fc from 'fast-check'
import type { Builder } from '../../src/ir/builder.ts'
import type { Var } from '../../src/ir/program.ts'
import { elementCount, sameShape, tensor } from '../../src/ir/types.ts'
import { DEFAULT_TOLERANCE, type Entry } from './table.ts'
import { caseValues, seeded } from './values.ts'

/** One step of a random program: any three numbers are a valid choice of operation, operand and detail. */
export type Step = readonly [op: number, operand: number, detail: number]

/** A random program: the shapes of its inputs, and its steps. */
export interface Recipe {
  readonly shapes: readonly (readonly number[])[]
  readonly steps: readonly Step[]
}

const MOST_ELEMENTS = 512
const MOST_AXES = 4

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  shapes: fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  }),
  steps: fc.array(fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999)), { minLength: 5, maxLength: 12 }),
})

interface Place {
  readonly b: Builder
  /** The values so far. */
  readonly pool: readonly Var[]
  readonly x: Var
  readonly detail: number
}

/** Each gives a new float value, or null where it doesn't fit. Results stay small, so errors do too. */
type Operation = (at: Place) => Var | null

const axisOf = ({ x, detail }: Place): number | null =>
  x.type.shape.length === 0 ? null : detail % x.type.shape.length

/** Another value that `fits`, chosen by the detail. */
const partner = ({ pool, detail }: Place, fits: (v: Var) => boolean): Var | null => {
  const fitting = pool.filter(fits)
  return fitting[detail % fitting.length] ?? null
}

const elementwise =
  (f: (b: Builder, x: Var, y: Var) => Var): Operation =>
  at => {
    const y = partner(at, v => sameShape(v.type.shape, at.x.type.shape)) ?? at.x
    return f(at.b, at.x, y)
  }

const alongAxis =
  (f: (b: Builder, x: Var, axis: number, detail: number) => Var): Operation =>
  at => {
    const axis = axisOf(at)
    return axis === null ? null : f(at.b, at.x, axis, at.detail)
  }

const alongAll = (x: Var, axis: number, there: number, elsewhere: number): number[] =>
  x.type.shape.map((_, i) => (i === axis ? there : elsewhere))

/** A positive value, away from 0. */
const positive = (b: Builder, x: Var): Var => b.add(b.abs(x), 0.5)

/**
 * Numbers that x sorts by, no two close along the axis, so that rounding can't change their order: the places
 * 0, 1, 2 … turned and stepped through by the detail, and a fraction of x.
 */
function keys(b: Builder, x: Var, axis: number, detail: number): Var {
  const n = x.type.shape[axis]!
  const step = [1, 2, 3, 5, 7].filter(k => gcd(k, n) === 1)
  const places = Array.from({ length: n }, (_, i) => (i * step[detail % step.length]! + detail) % n)
  const column = x.type.shape.map((_, i) => (i === axis ? n : 1))
  return b.add(b.mul(b.tanh(x), 0.3), b.constant(tensor('f32', column), places))
}

const gcd = (x: number, y: number): number => (y === 0 ? x : gcd(y, x % y))

const operations: Readonly<Record<string, Operation>> = {
  tanh: ({ b, x }) => b.tanh(x),
  exp: ({ b, x }) => b.exp(b.min(x, 1)),
  log: ({ b, x }) => b.log(positive(b, x)),
  sqrt: ({ b, x }) => b.sqrt(positive(b, x)),
  rsqrt: ({ b, x }) => b.rsqrt(positive(b, x)),
  log1p: ({ b, x }) => b.log1p(b.abs(x)),
  expm1: ({ b, x }) => b.expm1(b.min(x, 1)),
  logistic: ({ b, x }) => b.logistic(x),
  erf: ({ b, x }) => b.erf(x),
  sine: ({ b, x, detail }) => (detail % 2 ? b.sin(x) : b.cos(x)),
  neg: ({ b, x }) => b.neg(x),
  abs: ({ b, x }) => b.abs(x),
  stopGradient: ({ b, x }) => b.stopGradient(x),
  straightThrough: ({ b, x, detail }) =>
    b.straightThrough(detail % 2 ? b.round(b.mul(x, 1.7)) : b.sign(b.sub(x, 0.0123)), b.tanh(x)),
  barrier: at => {
    const y = partner(at, () => true) ?? at.x
    return at.b.optimizationBarrier([at.x, y])[at.detail % 2]!
  },
  add: elementwise((b, x, y) => b.mul(b.add(x, y), 0.5)),
  sub: elementwise((b, x, y) => b.sub(x, b.mul(y, 0.5))),
  mul: elementwise((b, x, y) => b.tanh(b.mul(x, y))),
  div: elementwise((b, x, y) => b.tanh(b.div(x, positive(b, y)))),
  pow: elementwise((b, x, y) => b.pow(positive(b, b.tanh(x)), b.tanh(y))),
  square: ({ b, x }) => b.tanh(b.pow(x, 2)),
  // The divisor is odd enough never to go evenly into a value.
  rem: elementwise((b, x, y) => b.rem(x, b.add(positive(b, y), 0.2171))),
  clamp: elementwise((b, x, y) => b.clamp(x, b.sub(b.abs(y), 1.234), b.add(b.abs(y), 0.111))),
  max: elementwise((b, x, y) => b.max(x, b.neg(y))),
  min: elementwise((b, x, y) => b.min(x, b.reverse(y, [...y.type.shape.keys()]))),
  select: elementwise((b, x, y) => b.select(b.compare('GT', x, 0.123), y, x)),
  broadcastRow: alongAxis((b, x, axis) =>
    b.add(
      x,
      b.mean(
        x,
        [...x.type.shape.keys()].filter(i => i < axis),
      ),
    ),
  ),
  broadcastColumn: alongAxis((b, x, axis) => {
    const kept = x.type.shape.map((d, i) => (i === axis ? 1 : d))
    return b.sub(x, b.reshape(b.mean(x, [axis]), kept))
  }),
  outer: at => {
    const y = partner(at, v => v.type.shape.length === 1)
    return y && at.b.mul(at.b.reshape(at.x, [...at.x.type.shape, 1]), at.b.tanh(y))
  },
  sum: alongAxis((b, x, axis) => b.tanh(b.sum(x, [axis]))),
  sumAll: ({ b, x }) => b.tanh(b.sum(x, [...x.type.shape.keys()])),
  reduceMax: alongAxis((b, x, axis) => b.reduceMax(x, [axis])),
  reduceMin: alongAxis((b, x, axis) => b.reduceMin(x, [axis])),
  reduceProd: alongAxis((b, x, axis) => b.reduceProd(b.tanh(x), [axis])),
  cumsum: alongAxis((b, x, axis, detail) =>
    b.tanh(b.cumsum(x, axis, { reverse: detail % 2 === 0, exclusive: (detail >> 1) % 2 === 0 })),
  ),
  sort: alongAxis((b, x, axis, detail) => {
    const [sorted, carried] = b.sort([keys(b, x, axis, detail), b.neg(x)], axis, {
      descending: detail % 2 === 0,
    })
    return b.tanh(b.add(b.mul(sorted!, 0.2), carried!))
  }),
  topK: alongAxis((b, x, axis, detail) => {
    const [values, indices] = b.topK(keys(b, x, axis, detail), 1 + (detail % x.type.shape[axis]!), axis)
    return b.tanh(b.mul(values, b.add(b.convert(indices, 'f32'), 0.5)))
  }),
  flatten: ({ b, x }) => b.reshape(x, [elementCount(x.type.shape)]),
  split: alongAxis((b, x, axis) => {
    const n = x.type.shape[axis]!
    const parts = n % 2 === 0 ? [2, n / 2] : [1, n]
    return b.reshape(
      x,
      x.type.shape.flatMap((d, i) => (i === axis ? parts : [d])),
    )
  }),
  transpose: ({ b, x, detail }) => {
    const left = [...x.type.shape.keys()]
    let rest = detail
    const permutation = x.type.shape.map(() => {
      const at = rest % left.length
      rest = Math.floor(rest / left.length)
      return left.splice(at, 1)[0]!
    })
    return b.transpose(x, permutation)
  },
  slice: alongAxis((b, x, axis, detail) => {
    const n = x.type.shape[axis]!
    const from = detail % n
    const start = alongAll(x, axis, from, 0)
    const limit = x.type.shape.map((d, i) => (i === axis ? from + 1 + ((detail >> 3) % (n - from)) : d))
    return b.slice(x, start, limit, alongAll(x, axis, 1 + (detail % 3), 1))
  }),
  pad: alongAxis((b, x, axis, detail) => {
    const [low, high, inner] = [detail % 3, (detail >> 2) % 3, (detail >> 4) % 2]
    return b.pad(x, alongAll(x, axis, low, 0), alongAll(x, axis, high, 0), 0.25, alongAll(x, axis, inner, 0))
  }),
  reverse: alongAxis((b, x, axis) => b.reverse(x, [axis])),
  dynamicSlice: alongAxis((b, x, axis, detail) => {
    const size = 1 + ((detail >> 2) % x.type.shape[axis]!)
    const from = b.sub(b.argmax(keys(b, b.reshape(x, [elementCount(x.type.shape)]), 0, detail), 0), 1)
    const starts = x.type.shape.map((_, i) => (i === axis ? from : 0))
    return b.dynamicSlice(
      x,
      starts,
      x.type.shape.map((d, i) => (i === axis ? size : d)),
    )
  }),
  dynamicUpdateSlice: at => {
    const { b, x, detail } = at
    const fits = (v: Var) =>
      v.type.shape.length === x.type.shape.length && v.type.shape.every((d, i) => d <= x.type.shape[i]!)
    const update = partner(at, fits) ?? x
    const starts = x.type.shape.map((_, i) => b.scalar('s32', ((detail >> i) % 7) - 2))
    return b.dynamicUpdateSlice(b.neg(x), update, starts)
  },
  concatenate: alongAxis((b, x, axis) => b.concatenate([x, b.neg(x)], axis)),
  gather: alongAxis((b, x, axis, detail) => {
    const shape = x.type.shape
    const n = shape[axis]!
    const ids = b.constant(
      tensor('s32', [3]),
      [detail, detail + 1, detail * 7].map(v => v % n),
    )
    return b.gather(x, ids, {
      offsetDims: [...shape.keys()].filter(i => i !== axis),
      collapsedDims: [axis],
      operandBatch: [],
      indexBatch: [],
      startIndexMap: [axis],
      indexVectorDim: 1,
      sliceSizes: shape.map((d, i) => (i === axis ? 1 : d)),
    })
  }),
  dot: at => {
    const axis = axisOf(at)
    if (axis === null) return null
    const n = at.x.type.shape[axis]!
    const y = partner(at, v => v.type.shape.includes(n)) ?? at.x
    const contracted = at.b.dotGeneral(at.x, y, {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [axis],
      rhsContract: [y.type.shape.lastIndexOf(n)],
    })
    return at.b.tanh(at.b.mul(contracted, 1 / n))
  },
  batchedDot: at => {
    const y = partner(at, v => sameShape(v.type.shape, at.x.type.shape)) ?? at.x
    const axes = [...at.x.type.shape.keys()]
    if (axes.length < 2) return null
    const rotated = axes.map((_, i) => axes[(i + at.detail) % axes.length]!)
    const [batch, ...contracted] = rotated
    const free = contracted.length > 1 ? contracted.slice(0, -1) : contracted
    const dims = { lhsBatch: [batch!], rhsBatch: [batch!], lhsContract: free, rhsContract: free }
    return at.b.tanh(at.b.mul(at.b.dotGeneral(at.x, y, dims), 0.2))
  },
  throughBits: ({ b, x, detail }) => {
    const whole = b.convert(b.compare('LT', x, 0.213), 's32')
    const moved = b.shiftRightArithmetic(b.shiftLeft(b.sub(whole, 3), 30), 28 + (detail % 3))
    return b.mul(x, b.convert(b.rem(moved, 5), 'f32'))
  },
  throughBools: alongAxis((b, x, axis, detail) => {
    const bools = b.and(b.compare('GT', x, -0.456), b.isFinite(x))
    const one = detail % 2 ? b.reduceAnd(bools, [axis]) : b.reduceOr(bools, [axis])
    return b.mul(b.sum(x, [axis]), b.convert(one, 'f32'))
  }),
  runningCounts: alongAxis((b, x, axis, detail) => {
    const counts = b.cumsum(b.convert(b.compare('LT', x, 0.135), 's32'), axis, { reverse: detail % 2 === 0 })
    return b.mul(x, b.mul(b.convert(counts, 'f32'), 0.1))
  }),
  throughIntegers: ({ b, x }) => b.mul(x, b.convert(b.convert(b.compare('LT', x, 0.321), 's32'), 'f32')),
}

const names = Object.keys(operations)

/** Builds a recipe's program: its inputs are given, and each of its last values is a result. */
export function buildRecipe(b: Builder, recipe: Recipe, inputs: readonly Var[]): Var[] {
  const pool = [...inputs]
  for (const [op, operand, detail] of recipe.steps) {
    const x = pool[pool.length - 1 - (operand % Math.min(pool.length, 4))]!
    const made = operations[names[op % names.length]!]!({ b, pool, x, detail })
    if (!made || made.type.shape.length > MOST_AXES || elementCount(made.type.shape) > MOST_ELEMENTS) continue
    pool.push(made)
  }
  return pool.slice(-3)
}

/** A recipe as an entry of the conformance suite. */
export function recipeEntry(recipe: Recipe, i: number): Entry {
  return {
    name: `random program ${i}`,
    values: caseValues(
      recipe.shapes.map(s => `f32[${s.join(',')}]`),
      seeded(11, i),
    ),
    build: (b, ins) => buildRecipe(b, recipe, ins).toReversed(),
    tol: DEFAULT_TOLERANCE,
    differentiable: true,
  }
}
