import type { Builder } from './builder.ts'
import type { Equation, Region, Var } from './program.ts'
import type { RefTensor } from './reference.ts'
import type { DType, TensorType } from './types.ts'

/** Static parameters of an equation: plain data, so that programs print and hash. */
export type ParamValue = number | string | boolean | readonly number[] | readonly (readonly number[])[]
export type Params = Readonly<Record<string, ParamValue>>

/** A value in StableHLO text: its SSA name and its type. */
export interface HloRef {
  readonly name: string
  readonly type: TensorType
}

/** What a primitive's StableHLO rule may use; implemented in `src/lower/stablehlo`. */
export interface StableHloEmitter {
  /** What the text is for, in PJRT's words (`cpu`, `cuda`): a form that is fast on one can be slow on another. */
  readonly platform: string
  /**
   * Emits one operation in MLIR's generic form and returns its single result.
   * @param attributes text between the braces, for example `dimension = 0 : i64`
   * @param region text of one region, for example a reducer
   */
  op(name: string, ins: readonly HloRef[], out: TensorType, attributes?: string, region?: string): HloRef
  /** Emits one operation with several results. */
  multi(
    name: string,
    ins: readonly HloRef[],
    outs: readonly TensorType[],
    attributes?: string,
    region?: string,
  ): HloRef[]
  /** A constant filled with one value. */
  splat(type: TensorType, value: number): HloRef
  /** A constant with every element given, row-major. */
  dense(type: TensorType, values: readonly number[]): HloRef
  /** A region `(a, b) -> op(a, b)` over scalars, for reductions and scatters. */
  reducer(op: string, scalar: TensorType): string
  /** A region `(args) -> results`; what `body` emits goes into it. Several are joined by `, `. */
  region(args: readonly TensorType[], body: (args: readonly HloRef[]) => readonly HloRef[]): string
  /** Emits the equations of an IR region here, on given values, and returns its results. */
  inline(region: Region, args: readonly HloRef[]): readonly HloRef[]
}

/** A rule's value in Python where it is a tuple: of all results, or of tuples of so many results each. */
export interface JaxTuple {
  readonly tuple: string
  readonly groups?: readonly number[]
}

/** What a primitive's JAX rule may use to write Python; implemented in `src/lower/jax`. */
export interface JaxEmitter {
  readonly ins: readonly TensorType[]
  readonly outs: readonly TensorType[]
  readonly regions: readonly Region[]
  /** `jnp.float32`. */
  dtype(dtype: DType): string
  /** A number of a dtype as Python writes it: `0.5`, `-jnp.inf`, `True`. */
  number(dtype: DType, value: number): string
  /** Puts a function at the top of the module, once; returns its name. */
  helper(source: string): string
  /**
   * Defines a function for a region just before the equation; returns its name.
   * @param tuples its arguments, by name, each a tuple of so many of the region's first parameters
   * @param given what the other parameters stand for: values from outside, which Python reads by their names
   * @param results how many results stand in each tuple that it returns; 'value' for one without a tuple
   */
  define(
    region: Region,
    tuples: readonly (readonly [name: string, count: number])[],
    given: readonly string[],
    results?: readonly number[] | 'value',
  ): string
}

/**
 * A tensor of TensorFlow.js: in the memory of its kernels, on the host, or both. What repeats along an axis may
 * be held once.
 */
export interface TfjsRef {
  readonly type: TensorType
}

/** Elements on the host, row-major: bf16 as the float32 of their value, s64 as doubles, bools as 0 and 1. */
export type HostData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array

/**
 * What a primitive's TensorFlow.js rule may use; implemented in `src/lower/tfjs`. Kernels see floats and bools;
 * integers stay on the host, in typed arrays that wrap as machines do. Results in bf16 are rounded after the rule.
 */
export interface TfjsEmitter {
  /** Runs a kernel by its name in TensorFlow.js. */
  kernel(
    name: string,
    ins: Readonly<Record<string, TfjsRef>>,
    out: TensorType,
    attributes?: Readonly<Record<string, unknown>>,
  ): TfjsRef
  /** The same for a kernel of one, two or three operands of one shape that works element by element. */
  elementwise(name: string, ins: readonly TfjsRef[], out: TensorType): TfjsRef
  /** Applies `f` to corresponding elements, on the host; integers wrap as they are stored. */
  map(ins: readonly TfjsRef[], out: TensorType, f: (...xs: number[]) => number): TfjsRef
  /** Computes on the host: `f` fills the results' zeros from the operands, which it must not change. */
  host(
    ins: readonly TfjsRef[],
    outs: readonly TensorType[],
    f: (ins: readonly HostData[], outs: readonly HostData[]) => void,
  ): TfjsRef[]
  /** The elements of a tensor, not to be changed. */
  read(x: TfjsRef): HostData
  /** Every element in row-major order, or one that fills the shape. */
  constant(type: TensorType, values: readonly number[]): TfjsRef
  reshape(x: TfjsRef, shape: readonly number[]): TfjsRef
  transpose(x: TfjsRef, permutation: readonly number[]): TfjsRef
  /** Axis i of x becomes axis `dims[i]` of `shape`. */
  broadcast(x: TfjsRef, shape: readonly number[], dims: readonly number[]): TfjsRef
  /** `sizes[i]` elements from `start[i]` on, `strides[i]` apart (1 where left out), along each axis. */
  slice(x: TfjsRef, start: readonly number[], sizes: readonly number[], strides?: readonly number[]): TfjsRef
  reverse(x: TfjsRef, axes: readonly number[]): TfjsRef
  /** Copies of a number around x, and `interior` of them between neighbours. */
  pad(
    x: TfjsRef,
    value: number,
    low: readonly number[],
    high: readonly number[],
    interior?: readonly number[],
  ): TfjsRef
  concatenate(xs: readonly TfjsRef[], axis: number): TfjsRef
  /** [b, m, k] with [b, k, n] to [b, m, n]; floats. */
  matmul(x: TfjsRef, y: TfjsRef): TfjsRef
  /** Runs a region and gives its results. */
  inline(region: Region, args: readonly TfjsRef[]): readonly TfjsRef[]
  /** Runs one step of a loop: what it makes is freed but for its results, and so are the step before's. */
  step(before: readonly TfjsRef[], body: () => readonly TfjsRef[]): readonly TfjsRef[]
}

/** Gives the results, or null where the reference is to compute them on the host. */
export type TfjsRule<P> = (
  tf: TfjsEmitter,
  ins: readonly TfjsRef[],
  params: P,
  outs: readonly TensorType[],
  regions: readonly Region[],
) => readonly TfjsRef[] | null

/**
 * Reverse mode over some of a builder's equations: the cotangents of `wrt`, given those of `ys`; null
 * where nothing flows. Appends its equations to the builder.
 */
export type Pull = (
  b: Builder,
  equations: readonly Equation[],
  ys: readonly Var[],
  cts: readonly (Var | null)[],
  wrt: readonly Var[],
) => (Var | null)[]

/** For each result of a region whether it varies smoothly with any of its parameters that do. */
export type Through = (region: Region, active: readonly boolean[]) => boolean[]

export interface VjpArgs<P> {
  readonly b: Builder
  readonly ins: readonly Var[]
  readonly outs: readonly Var[]
  /** One cotangent for each output; null where nothing depends on that output. */
  readonly cts: readonly (Var | null)[]
  /** The cotangent of the first output, for primitives with one. */
  readonly ct: Var
  readonly params: P
  /** Which inputs need a cotangent: others may be left null. */
  readonly needs: readonly boolean[]
  readonly regions: readonly Region[]
  /** The equation itself: a rule of a control-flow primitive may have the builder extend it. */
  readonly eq: Equation
  /** Reverse mode itself and its activity analysis, for rules that go into regions. */
  readonly pull: Pull
  readonly through: Through
}

export type VjpRule<P> = (args: VjpArgs<P>) => readonly (Var | null)[]

/** An input of a conformance case: a type, and the range its seeded random values come from. */
export type CaseInput = string | { readonly type: string; readonly range: readonly [number, number] }

/** One row of a primitive's case table: drives the reference, every backend and the gradient check. */
export interface Case<P> {
  readonly in: readonly CaseInput[]
  readonly params?: P
  /** How a primitive with regions is built; others are applied to the inputs as they are. */
  readonly build?: (b: Builder, ins: readonly Var[]) => readonly Var[]
  /** Largest allowed |backend − reference| / max(1, |reference|) in float32; 0 for exact. */
  readonly tol?: number
}

/** All the facts of one primitive. Every field is required: a missing rule is a compile error. */
export interface Primitive<P extends Params> {
  readonly name: string
  /** The only shape and dtype rule. Throws `TypeFault` with both shapes where shapes disagree. */
  readonly type: (ins: readonly TensorType[], params: P, regions: readonly Region[]) => readonly TensorType[]
  /** The reverse-mode rule, or the reason why there is none. */
  readonly vjp: VjpRule<P> | { readonly notDifferentiable: string }
  /** The slow, obvious oracle in float64. */
  readonly reference: (
    ins: readonly RefTensor[],
    params: P,
    outs: readonly TensorType[],
    regions: readonly Region[],
  ) => readonly RefTensor[]
  readonly stablehlo: (
    e: StableHloEmitter,
    ins: readonly HloRef[],
    params: P,
    outs: readonly TensorType[],
    regions: readonly Region[],
  ) => readonly HloRef[]
  /** The equation on TensorFlow.js, or why the reference computes it on the host. */
  readonly tfjs: TfjsRule<P> | { readonly onHost: string }
  /** The equation as Python of JAX: an expression over the operands' names. */
  readonly jax: (ins: readonly string[], params: P, j: JaxEmitter) => string | JaxTuple
  /**
   * Only for primitives with regions: which results vary smoothly with the active inputs. Without it all
   * float results do as soon as one input does.
   */
  readonly activity?: (
    active: readonly boolean[],
    params: P,
    regions: readonly Region[],
    through: Through,
  ) => readonly boolean[]
  readonly cases: readonly Case<P>[]
}

/** A type rule's refusal: says what was expected and what came. */
export class TypeFault extends Error {
  override readonly name = 'TypeFault'
}

/** Declares a primitive. The registry holds primitives of all parameter types, hence the widening. */
export const definePrimitive = <P extends Params>(spec: Primitive<P>): Primitive<P> => Object.freeze(spec)
