import type { Builder } from './builder.ts'
import type { Equation, Region, Var } from './program.ts'
import type { RefTensor } from './reference.ts'
import type { TensorType } from './types.ts'

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
