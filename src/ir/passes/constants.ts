import { constant } from '../ops/constant.ts'
import type { Var } from '../program.ts'
import { elementCount, type TensorType } from '../types.ts'
import type { Site } from './rewrite.ts'

/** The values of a constant: all of them in row-major order, or one that fills the shape. */
export function constantValues(v: Var, at: Site): readonly number[] | undefined {
  const eq = at.producer(v)
  return eq?.prim.name === constant.name ? (eq.params.values as readonly number[]) : undefined
}

/** The one value that fills a constant. */
export function filledWith(v: Var, at: Site): number | undefined {
  const values = constantValues(v, at)
  return values?.length === 1 ? values[0] : undefined
}

export const emitConstant = (at: Site, { dtype, shape }: TensorType, values: readonly number[]): Var =>
  at.emit(constant, [], { dtype, shape, values })

/** A constant's values, each one written out. */
export const expanded = (values: readonly number[], shape: readonly number[]): readonly number[] =>
  values.length === 1 ? new Array<number>(elementCount(shape)).fill(values[0]!) : values
