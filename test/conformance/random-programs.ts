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

const operations: Readonly<Record<string, Operation>> = {
  tanh: ({ b, x }) => b.tanh(x),
  exp: ({ b, x }) => b.exp(b.min(x, 1)),
  log: ({ b, x }) => b.log(positive(b, x)),
  sqrt: ({ b, x }) => b.sqrt(positive(b, x)),
  rsqrt: ({ b, x }) => b.rsqrt(positive(b, x)),
  logistic: ({ b, x }) => b.logistic(x),
  erf: ({ b, x }) => b.erf(x),
  sine: ({ b, x, detail }) => (detail % 2 ? b.sin(x) : b.cos(x)),
  neg: ({ b, x }) => b.neg(x),
  abs: ({ b, x }) => b.abs(x),
  stopGradient: ({ b, x }) => b.stopGradient(x),
  add: elementwise((b, x, y) => b.mul(b.add(x, y), 0.5)),
  sub: elementwise((b, x, y) => b.sub(x, b.mul(y, 0.5))),
  mul: elementwise((b, x, y) => b.tanh(b.mul(x, y))),
  div: elementwise((b, x, y) => b.tanh(b.div(x, positive(b, y)))),
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
