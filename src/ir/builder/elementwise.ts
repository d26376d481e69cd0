import * as ops from '../ops/index.ts'
import type { Var } from '../program.ts'
import { type DType, showType } from '../types.ts'
import { BuildError, BuilderBase, type Shape } from './base.ts'

/** An operand: a value, or a number that takes the other operand's dtype. */
export type Operand = Var | number
export type Comparison = 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE'

/**
 * The elementwise methods. They broadcast as NumPy does (trailing axes align, size 1 stretches) by emitting
 * explicit `broadcast` equations; the primitives are strict.
 */
export class ElementwiseBuilder extends BuilderBase {
  protected pair(x: Operand, y: Operand): [Var, Var] {
    const dtype = typeof x !== 'number' ? x.type.dtype : typeof y !== 'number' ? y.type.dtype : 'f32'
    const a = typeof x === 'number' ? this.scalar(dtype, x) : x
    const c = typeof y === 'number' ? this.scalar(dtype, y) : y
    const shape = broadcastShape(a.type.shape, c.type.shape)
    if (!shape)
      throw new BuildError(
        `shapes ${showType(a.type)} and ${showType(c.type)} don't broadcast together`,
        this.currentOrigin,
      )
    return [this.broadcastTo(a, shape), this.broadcastTo(c, shape)]
  }

  add(x: Operand, y: Operand): Var {
    return this.one(ops.add, this.pair(x, y), {})
  }
  sub(x: Operand, y: Operand): Var {
    return this.one(ops.sub, this.pair(x, y), {})
  }
  mul(x: Operand, y: Operand): Var {
    return this.one(ops.mul, this.pair(x, y), {})
  }
  div(x: Operand, y: Operand): Var {
    return this.one(ops.div, this.pair(x, y), {})
  }
  max(x: Operand, y: Operand): Var {
    return this.one(ops.max, this.pair(x, y), {})
  }
  min(x: Operand, y: Operand): Var {
    return this.one(ops.min, this.pair(x, y), {})
  }
  /** x to the power y. */
  pow(x: Operand, y: Operand): Var {
    return this.one(ops.pow, this.pair(x, y), {})
  }
  /** What is left of x / y cut towards zero; it has the sign of x. */
  rem(x: Operand, y: Operand): Var {
    return this.one(ops.rem, this.pair(x, y), {})
  }
  /** x kept between two bounds. */
  clamp(x: Var, low: Operand, high: Operand): Var {
    const bounds = [low, high].map(v => (typeof v === 'number' ? this.scalar(x.type.dtype, v) : v))
    const ins = [x, ...bounds.map(v => this.broadcastTo(v, x.type.shape))]
    return this.one(ops.clamp, ins, {})
  }
  and(x: Operand, y: Operand): Var {
    return this.one(ops.and, this.pair(x, y), {})
  }
  or(x: Operand, y: Operand): Var {
    return this.one(ops.or, this.pair(x, y), {})
  }
  xor(x: Operand, y: Operand): Var {
    return this.one(ops.xor, this.pair(x, y), {})
  }
  shiftRight(x: Operand, y: Operand): Var {
    return this.one(ops.shiftRightLogical, this.pair(x, y), {})
  }
  /** Copies of the sign are moved in. */
  shiftRightArithmetic(x: Operand, y: Operand): Var {
    return this.one(ops.shiftRightArithmetic, this.pair(x, y), {})
  }
  shiftLeft(x: Operand, y: Operand): Var {
    return this.one(ops.shiftLeft, this.pair(x, y), {})
  }
  compare(direction: Comparison, x: Operand, y: Operand): Var {
    return this.one(ops.compare, this.pair(x, y), { direction })
  }
  /** Where `condition` is true, `x`, else `y`. */
  select(condition: Var, x: Operand, y: Operand): Var {
    const [a, c] = this.pair(x, y)
    const shape = broadcastShape(condition.type.shape, a.type.shape)
    if (!shape)
      throw new BuildError(
        `condition ${showType(condition.type)} doesn't broadcast with ${showType(a.type)}`,
        this.currentOrigin,
      )
    const ins = [condition, a, c].map(v => this.broadcastTo(v, shape))
    return this.one(ops.select, ins, {})
  }
  neg(x: Var): Var {
    return this.one(ops.neg, [x], {})
  }
  not(x: Var): Var {
    return this.one(ops.not, [x], {})
  }
  exp(x: Var): Var {
    return this.one(ops.exp, [x], {})
  }
  /** exp(x) - 1, accurate near 0. */
  expm1(x: Var): Var {
    return this.one(ops.expm1, [x], {})
  }
  /** log(1 + x), accurate near 0. */
  log1p(x: Var): Var {
    return this.one(ops.log1p, [x], {})
  }
  log(x: Var): Var {
    return this.one(ops.log, [x], {})
  }
  sqrt(x: Var): Var {
    return this.one(ops.sqrt, [x], {})
  }
  rsqrt(x: Var): Var {
    return this.one(ops.rsqrt, [x], {})
  }
  tanh(x: Var): Var {
    return this.one(ops.tanh, [x], {})
  }
  logistic(x: Var): Var {
    return this.one(ops.logistic, [x], {})
  }
  erf(x: Var): Var {
    return this.one(ops.erf, [x], {})
  }
  abs(x: Var): Var {
    return this.one(ops.abs, [x], {})
  }
  floor(x: Var): Var {
    return this.one(ops.floor, [x], {})
  }
  /** Nearest whole number, halves to the even one. */
  round(x: Var): Var {
    return this.one(ops.round, [x], {})
  }
  sign(x: Var): Var {
    return this.one(ops.sign, [x], {})
  }
  /** Neither infinite nor NaN. */
  isFinite(x: Var): Var {
    return this.one(ops.finite, [x], {})
  }
  cos(x: Var): Var {
    return this.one(ops.cos, [x], {})
  }
  sin(x: Var): Var {
    return this.one(ops.sin, [x], {})
  }
  convert(x: Var, dtype: DType): Var {
    return x.type.dtype === dtype ? x : this.one(ops.convert, [x], { dtype })
  }
  /** Reads the same bits as another dtype of the same width. */
  bitcast(x: Var, dtype: DType): Var {
    return this.one(ops.bitcast, [x], { dtype })
  }
  /** The first operand's value with the gradient of the second. */
  straightThrough(value: Var, through: Var): Var {
    return this.one(ops.straightThrough, [value, through], {})
  }
  stopGradient(x: Var): Var {
    return this.one(ops.stopGradient, [x], {})
  }
}

/** The NumPy broadcast of two shapes, or null. */
export function broadcastShape(a: Shape, b: Shape): number[] | null {
  const rank = Math.max(a.length, b.length)
  const out: number[] = []
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) return null
    out.push(x === 1 ? y : x)
  }
  return out
}
