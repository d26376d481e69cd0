import * as ops from './ops/index.ts'
import { type Params, type Primitive, TypeFault } from './primitive.ts'
import {
  type Equation,
  eliminateDeadCode,
  type Input,
  type Output,
  type Program,
  type Var,
} from './program.ts'
import { type DType, elementCount, isFloat, sameShape, showType, type TensorType, tensor } from './types.ts'

/** An operand: a value, or a number that takes the other operand's dtype. */
export type Operand = Var | number
type Shape = readonly number[]
type Comparison = 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE'

/** A building error, with the graph node being built and the types that came. */
export class BuildError extends Error {
  override readonly name = 'BuildError'
  readonly origin: string | null
  constructor(message: string, origin: string | null) {
    super(message)
    this.origin = origin
  }
}

/**
 * Builds a program equation by equation. Elementwise methods broadcast as NumPy does (trailing axes
 * align, size 1 stretches) by emitting explicit `broadcast` equations; the primitives are strict.
 */
export class Builder {
  readonly equations: Equation[] = []
  private readonly inputs: Input[] = []
  private readonly outputs: Output[] = []
  private readonly constants = new Map<string, Var>()
  private nextId = 0
  private origin: string | null = null

  /** Runs `f`; the equations it builds carry `origin` as their graph node. */
  at<T>(origin: string | null, f: () => T): T {
    const outer = this.origin
    this.origin = origin
    try {
      return f()
    } finally {
      this.origin = outer
    }
  }

  get currentOrigin(): string | null {
    return this.origin
  }

  input(name: string, type: TensorType): Var {
    const value = this.fresh(type)
    this.inputs.push({ name, value })
    return value
  }

  output(name: string, value: Var): void {
    this.outputs.push({ name, value })
  }

  /** The program so far, without the equations that no output needs. */
  finish(name: string): Program {
    return eliminateDeadCode({
      name,
      inputs: [...this.inputs],
      equations: [...this.equations],
      outputs: [...this.outputs],
    })
  }

  /** Appends an equation of any primitive. */
  apply<P extends Params>(prim: Primitive<P>, ins: readonly Var[], params: P): readonly Var[] {
    return this.append(prim, ins, params, this.origin)
  }

  private append<P extends Params>(
    prim: Primitive<P>,
    ins: readonly Var[],
    params: P,
    origin: string | null,
  ): readonly Var[] {
    let types: readonly TensorType[]
    try {
      types = prim.type(
        ins.map(v => v.type),
        params,
      )
    } catch (e) {
      if (!(e instanceof TypeFault)) throw e
      const came = ins.map(v => showType(v.type)).join(', ')
      throw new BuildError(`${prim.name}(${came}): ${e.message}`, this.origin)
    }
    const outs = types.map(t => this.fresh(t))
    this.equations.push({
      prim: prim as unknown as Primitive<Params>,
      params,
      ins,
      outs,
      origin,
    })
    return outs
  }

  private one<P extends Params>(prim: Primitive<P>, ins: readonly Var[], params: P): Var {
    return this.apply(prim, ins, params)[0]!
  }

  private fresh(type: TensorType): Var {
    return { id: this.nextId++, type }
  }

  // Constants and shapes

  /** A constant filled with `value`; equal constants are made once, so they belong to no graph node. */
  fill(type: TensorType, value: number): Var {
    const key = `${showType(type)}:${Object.is(value, -0) ? '-0' : value}`
    const known = this.constants.get(key)
    if (known) return known
    const { dtype, shape } = type
    const [v] =
      shape.length === 0
        ? this.append(ops.constant, [], { dtype, shape, values: [value] }, null)
        : this.append(ops.broadcast, [this.scalar(dtype, value)], { shape, dims: [] }, null)
    this.constants.set(key, v!)
    return v!
  }

  /** A small constant, every element given in row-major order. */
  constant(type: TensorType, values: readonly number[]): Var {
    return this.one(ops.constant, [], { dtype: type.dtype, shape: type.shape, values })
  }

  scalar(dtype: DType, value: number): Var {
    return this.fill(tensor(dtype, []), value)
  }

  zerosLike(x: Var): Var {
    return this.fill(x.type, 0)
  }

  onesLike(x: Var): Var {
    return this.fill(x.type, 1)
  }

  iota(dtype: DType, shape: Shape, axis: number): Var {
    return this.one(ops.iota, [], { dtype, shape, axis })
  }

  reshape(x: Var, shape: Shape): Var {
    return sameShape(x.type.shape, shape) ? x : this.one(ops.reshape, [x], { shape })
  }

  transpose(x: Var, permutation: Shape): Var {
    const same = permutation.length === x.type.shape.length && permutation.every((p, i) => p === i)
    return same ? x : this.one(ops.transpose, [x], { permutation })
  }

  /** Axis i of `x` becomes axis `dims[i]` of the result; the others repeat. */
  broadcast(x: Var, shape: Shape, dims: Shape): Var {
    return sameShape(x.type.shape, shape) ? x : this.one(ops.broadcast, [x], { shape, dims })
  }

  /** NumPy's broadcasting: trailing axes align, size 1 stretches. */
  broadcastTo(x: Var, shape: Shape): Var {
    const from = x.type.shape
    if (sameShape(from, shape)) return x
    const lead = shape.length - from.length
    if (lead < 0 || from.some((d, i) => d !== 1 && d !== shape[i + lead]))
      throw new BuildError(`${showType(x.type)} doesn't broadcast to [${shape}]`, this.origin)
    const kept = from.map((d, i) => ({ d, axis: i + lead })).filter(({ d, axis }) => d === shape[axis])
    const squeezed = this.reshape(
      x,
      kept.map(k => k.d),
    )
    return this.broadcast(
      squeezed,
      shape,
      kept.map(k => k.axis),
    )
  }

  slice(x: Var, start: Shape, limit: Shape, strides: Shape = start.map(() => 1)): Var {
    return this.one(ops.slice, [x], { start, limit, strides })
  }

  /** Elements [from, to) along one axis. */
  sliceAxis(x: Var, axis: number, from: number, to: number): Var {
    const start = x.type.shape.map((_, i) => (i === axis ? from : 0))
    const limit = x.type.shape.map((d, i) => (i === axis ? to : d))
    return this.slice(x, start, limit)
  }

  pad(x: Var, low: Shape, high: Shape, value = 0, interior: Shape = low.map(() => 0)): Var {
    return this.one(ops.pad, [x, this.scalar(x.type.dtype, value)], { low, high, interior })
  }

  concatenate(xs: readonly Var[], axis: number): Var {
    return xs.length === 1 ? xs[0]! : this.one(ops.concatenate, xs, { axis })
  }

  reverse(x: Var, axes: Shape): Var {
    return this.one(ops.reverse, [x], { axes })
  }

  // Elementwise

  private pair(x: Operand, y: Operand): [Var, Var] {
    const dtype = typeof x !== 'number' ? x.type.dtype : typeof y !== 'number' ? y.type.dtype : 'f32'
    const a = typeof x === 'number' ? this.scalar(dtype, x) : x
    const c = typeof y === 'number' ? this.scalar(dtype, y) : y
    const shape = broadcastShape(a.type.shape, c.type.shape)
    if (!shape)
      throw new BuildError(
        `shapes ${showType(a.type)} and ${showType(c.type)} don't broadcast together`,
        this.origin,
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
        this.origin,
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
  stopGradient(x: Var): Var {
    return this.one(ops.stopGradient, [x], {})
  }

  // Contractions, reductions, indexing, random bits

  dotGeneral(x: Var, y: Var, dims: ops.DotDims): Var {
    return this.one(ops.dotGeneral, [x, y], dims)
  }
  sum(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceSum, [x], { axes })
  }
  reduceMax(x: Var, axes: Shape): Var {
    return axes.length === 0 ? x : this.one(ops.reduceMax, [x], { axes })
  }
  /** Index (s32) of the largest element along one axis; the first where several are equal. */
  argmax(x: Var, axis: number): Var {
    return this.one(ops.argmax, [x], { axis })
  }
  gather(x: Var, indices: Var, dims: ops.GatherDims): Var {
    return this.one(ops.gather, [x, indices], dims)
  }
  scatterAdd(x: Var, indices: Var, updates: Var, dims: ops.ScatterDims): Var {
    return this.one(ops.scatterAdd, [x, indices, updates], dims)
  }
  /** Threefry-2x32: `key` is u32[2], the counters are two arrays of one shape; gives two arrays of bits. */
  threefry(key: Var, x0: Var, x1: Var): [Var, Var] {
    const [a, c] = this.apply(ops.threefry2x32, [key, x0, x1], {})
    return [a!, c!]
  }

  /** Mean over axes, in the value's own float type. */
  mean(x: Var, axes: Shape): Var {
    if (!isFloat(x.type.dtype)) throw new BuildError(`mean of ${showType(x.type)}: not a float`, this.origin)
    return this.mul(this.sum(x, axes), 1 / elementCount(axes.map(a => x.type.shape[a]!)))
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
