import type { Builder } from './builder.ts'
import type { Var } from './program.ts'
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
  /**
   * Emits one operation in MLIR's generic form and returns its single result.
   * @param attributes text between the braces, for example `dimension = 0 : i64`
   * @param region text of one region, for example a reducer
   */
  op(name: string, ins: readonly HloRef[], out: TensorType, attributes?: string, region?: string): HloRef
  /** A constant filled with one value. */
  splat(type: TensorType, value: number): HloRef
  /** A constant with every element given, row-major. */
  dense(type: TensorType, values: readonly number[]): HloRef
  /** A region `(a, b) -> op(a, b)` over scalars, for reductions and scatters. */
  reducer(op: string, scalar: TensorType): string
}

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
}

export type VjpRule<P> = (args: VjpArgs<P>) => readonly (Var | null)[]

/** An input of a conformance case: a type, and the range its seeded random values come from. */
export type CaseInput = string | { readonly type: string; readonly range: readonly [number, number] }

/** One row of a primitive's case table: drives the reference, every backend and the gradient check. */
export interface Case<P> {
  readonly in: readonly CaseInput[]
  readonly params?: P
  /** Largest allowed |backend − reference| / max(1, |reference|) in float32; 0 for exact. */
  readonly tol?: number
}

/** All the facts of one primitive. Every field is required: a missing rule is a compile error. */
export interface Primitive<P extends Params> {
  readonly name: string
  /** The only shape and dtype rule. Throws `TypeFault` with both shapes where shapes disagree. */
  readonly type: (ins: readonly TensorType[], params: P) => readonly TensorType[]
  /** The reverse-mode rule, or the reason why there is none. */
  readonly vjp: VjpRule<P> | { readonly notDifferentiable: string }
  /** The slow, obvious oracle in float64. */
  readonly reference: (
    ins: readonly RefTensor[],
    params: P,
    outs: readonly TensorType[],
  ) => readonly RefTensor[]
  readonly stablehlo: (
    e: StableHloEmitter,
    ins: readonly HloRef[],
    params: P,
    outs: readonly TensorType[],
  ) => readonly HloRef[]
  readonly cases: readonly Case<P>[]
}

/** A type rule's refusal: says what was expected and what came. */
export class TypeFault extends Error {
  override readonly name = 'TypeFault'
}

/** Declares a primitive. The registry holds primitives of all parameter types, hence the widening. */
export const definePrimitive = <P extends Params>(spec: Primitive<P>): Primitive<P> => Object.freeze(spec)
