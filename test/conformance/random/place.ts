import type { Builder } from '../../../src/ir/builder.ts'
import type { Var } from '../../../src/ir/program.ts'
import { sameShape, tensor } from '../../../src/ir/types.ts'

/** One step of a random program: any numbers are a valid choice of operand and detail. */
export interface Step {
  readonly op: string
  readonly operand: number
  readonly detail: number
  /** The steps of a loop's or a branch's body. */
  readonly body?: readonly Step[]
}

/** Where a step is carried out. */
export interface Place {
  readonly b: Builder
  /** The float values so far. */
  readonly pool: readonly Var[]
  readonly x: Var
  readonly detail: number
  /** The program's integer inputs. */
  readonly integers: readonly Var[]
  /** Integer results to compare too. */
  readonly sides: Var[]
  /** Carries out a body on given values; gives the last one. */
  readonly inner: (b: Builder, values: readonly Var[], body?: readonly Step[]) => Var
  readonly body: readonly Step[]
}

/** Each gives a new float value, or null where it doesn't fit. Results stay small, so errors do too. */
export type Operation = (at: Place) => Var | null

export const axisOf = ({ x, detail }: Place): number | null =>
  x.type.shape.length === 0 ? null : detail % x.type.shape.length

/** Another value of x's dtype that `fits`, chosen by the detail. */
export const partner = ({ pool, x, detail }: Place, fits: (v: Var) => boolean): Var | null => {
  const fitting = pool.filter(v => v.type.dtype === x.type.dtype && fits(v))
  return fitting[detail % fitting.length] ?? null
}

export const elementwise =
  (f: (b: Builder, x: Var, y: Var) => Var): Operation =>
  at => {
    const y = partner(at, v => sameShape(v.type.shape, at.x.type.shape)) ?? at.x
    return f(at.b, at.x, y)
  }

export const alongAxis =
  (f: (b: Builder, x: Var, axis: number, detail: number) => Var): Operation =>
  at => {
    const axis = axisOf(at)
    return axis === null ? null : f(at.b, at.x, axis, at.detail)
  }

export const allAxes = (x: Var): number[] => [...x.type.shape.keys()]

export const alongAll = (x: Var, axis: number, there: number, elsewhere: number): number[] =>
  x.type.shape.map((_, i) => (i === axis ? there : elsewhere))

/**
 * Numbers that x sorts by, no two close along the axis, so that rounding can't change their order: the places
 * 0, 1, 2 … turned and stepped through by the detail, and a fraction of x.
 */
export function keys(b: Builder, x: Var, axis: number, detail: number): Var {
  const n = x.type.shape[axis]!
  const step = [1, 2, 3, 5, 7].filter(k => gcd(k, n) === 1)
  const places = Array.from({ length: n }, (_, i) => (i * step[detail % step.length]! + detail) % n)
  const column = x.type.shape.map((_, i) => (i === axis ? n : 1))
  return b.add(b.mul(b.tanh(x), 0.3), b.constant(tensor('f32', column), places))
}

/** Such numbers among all elements of x. */
export const keysOfAll = (b: Builder, x: Var, detail: number): Var => {
  const flat = b.reshape(x, [x.type.shape.reduce((n, d) => n * d, 1)])
  return b.reshape(keys(b, flat, 0, detail), x.type.shape)
}

const gcd = (x: number, y: number): number => (y === 0 ? x : gcd(y, x % y))
