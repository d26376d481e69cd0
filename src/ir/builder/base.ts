import * as ops from '../ops/index.ts'
import { type Params, type Primitive, TypeFault } from '../primitive.ts'
import {
  type Equation,
  eliminateDeadCode,
  type Input,
  type Output,
  type Program,
  type Region,
  regionsOf,
  type Var,
} from '../program.ts'
import { type DType, sameShape, showType, type TensorType, tensor } from '../types.ts'

export type Shape = readonly number[]

/** A building error, with the graph node being built and the types that came. */
export class BuildError extends Error {
  override readonly name = 'BuildError'
  readonly origin: string | null
  constructor(message: string, origin: string | null) {
    super(message)
    this.origin = origin
  }
}

/** Appends equations, names inputs and outputs, and shapes arrays. */
export class BuilderBase {
  readonly equations: Equation[] = []
  private readonly inputs: Input[] = []
  private readonly outputs: Output[] = []
  private readonly constants = new Map<string, Var>()
  private readonly own = new Set<Var>()
  private readonly captured = new Map<Var, Var>()
  private readonly parent: BuilderBase | null
  private nextId = 0
  private origin: string | null = null

  /** @param parent the builder around it, where this one builds a region */
  constructor(parent: BuilderBase | null = null) {
    this.parent = parent
    this.origin = parent?.origin ?? null
  }

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
    this.outputs.push({ name, value: this.local(value) })
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

  /** Appends an equation of a primitive with regions. */
  applyRegions<P extends Params>(
    prim: Primitive<P>,
    ins: readonly Var[],
    params: P,
    regions: readonly Region[],
  ): readonly Var[] {
    return this.append(prim, ins, params, this.origin, regions)
  }

  private append<P extends Params>(
    prim: Primitive<P>,
    operands: readonly Var[],
    params: P,
    origin: string | null,
    regions: readonly Region[] = [],
  ): readonly Var[] {
    const ins = operands.map(v => this.local(v))
    const outs = this.typesOf(prim, ins, params, regions).map(t => this.fresh(t))
    this.equations.push({
      prim: prim as unknown as Primitive<Params>,
      params,
      ins,
      outs,
      ...(regions.length > 0 && { regions }),
      origin,
    })
    return outs
  }

  private typesOf<P extends Params>(
    prim: Primitive<P>,
    ins: readonly Var[],
    params: P,
    regions: readonly Region[],
  ): readonly TensorType[] {
    try {
      return prim.type(
        ins.map(v => v.type),
        params,
        regions,
      )
    } catch (e) {
      if (!(e instanceof TypeFault)) throw e
      const came = ins.map(v => showType(v.type)).join(', ')
      throw new BuildError(`${prim.name}(${came}): ${e.message}`, this.origin)
    }
  }

  protected one<P extends Params>(prim: Primitive<P>, ins: readonly Var[], params: P): Var {
    return this.apply(prim, ins, params)[0]!
  }

  private fresh(type: TensorType): Var {
    const value = { id: this.nextId++, type }
    this.own.add(value)
    return value
  }

  // Regions

  /** A builder for a region inside this one. */
  child(): this {
    return new (this.constructor as new (parent: BuilderBase) => this)(this)
  }

  /** A parameter of the region that this builder makes. */
  parameter(type: TensorType): Var {
    return this.fresh(type)
  }

  /** What stands for `v` here: itself, or the parameter that brings a value from outside into the region. */
  local(v: Var): Var {
    if (this.own.has(v)) return v
    if (!this.parent)
      throw new BuildError(
        `a value ${showType(v.type)} belongs to another builder or to a region: inside a region, use the builder that the callback was given, and return what is needed outside`,
        this.origin,
      )
    const outer = this.parent.local(v)
    let inner = this.captured.get(outer)
    if (!inner) {
      inner = this.fresh(v.type)
      this.captured.set(outer, inner)
    }
    return inner
  }

  /** The values captured from the builder around this one, with the parameters that stand for them. */
  get captures(): ReadonlyMap<Var, Var> {
    return this.captured
  }

  /** Appends the equations of a region on given values; returns its results. */
  inline(region: Region, args: readonly Var[]): Var[] {
    const values = new Map(region.params.map((v, i) => [v, this.local(args[i]!)]))
    const read = (v: Var) => values.get(v)!
    for (const eq of region.equations) {
      const outs = this.append(eq.prim, eq.ins.map(read), eq.params, eq.origin, regionsOf(eq))
      eq.outs.forEach((v, k) => {
        values.set(v, outs[k]!)
      })
    }
    return region.results.map(read)
  }

  /**
   * Puts other regions into an equation that this builder has made, so that it gives more results after
   * those it had; returns the new ones.
   */
  extend(eq: Equation, params: Params, regions: readonly Region[]): readonly Var[] {
    const types = this.typesOf(eq.prim, eq.ins, params, regions)
    const more = types.slice(eq.outs.length).map(t => this.fresh(t))
    this.equations[this.equations.indexOf(eq)] = { ...eq, params, regions, outs: [...eq.outs, ...more] }
    return more
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
}
