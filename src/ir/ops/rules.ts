import { type HloRef, type StableHloEmitter, TypeFault } from '../primitive.ts'
import {
  byteSize,
  type DType,
  isFloat,
  isInt,
  sameShape,
  showType,
  type TensorType,
  tensor,
} from '../types.ts'

/** Shared pieces of type rules: each throws `TypeFault` with what came. */

/** Exactly `count` operands. */
export function operands(ins: readonly TensorType[], count: number): readonly TensorType[] {
  if (ins.length !== count)
    throw new TypeFault(`takes ${count} operand${count === 1 ? '' : 's'}, got ${ins.length}`)
  return ins
}

/** The one operand. */
export const unary = (ins: readonly TensorType[]): TensorType => operands(ins, 1)[0]!

/** Two operands of one dtype and one shape; gives their type. */
export function binary(ins: readonly TensorType[]): TensorType {
  const [x, y] = operands(ins, 2)
  if (y!.dtype !== x!.dtype) throw new TypeFault(`dtypes differ: ${showType(x!)} and ${showType(y!)}`)
  if (!sameShape(x!.shape, y!.shape))
    throw new TypeFault(`shapes differ: ${showType(x!)} and ${showType(y!)}`)
  return x!
}

export function floatLike(x: TensorType): TensorType {
  if (!isFloat(x.dtype)) throw new TypeFault(`needs a float, got ${showType(x)}`)
  return x
}

export function notBool(x: TensorType): TensorType {
  if (x.dtype === 'bool') throw new TypeFault(`needs numbers, got ${showType(x)}`)
  return x
}

/** Dtypes with negative numbers. */
export function signed(x: TensorType): TensorType {
  if (notBool(x).dtype === 'u32' || x.dtype === 'u8')
    throw new TypeFault(`needs signed numbers, got ${showType(x)}`)
  return x
}

export function bits(x: TensorType): TensorType {
  if (isFloat(x.dtype)) throw new TypeFault(`needs integers or bools, got ${showType(x)}`)
  return x
}

export function integer(x: TensorType): TensorType {
  if (!isInt(x.dtype)) throw new TypeFault(`needs integers, got ${showType(x)}`)
  return x
}

export function boolLike(x: TensorType): TensorType {
  if (x.dtype !== 'bool') throw new TypeFault(`needs bools, got ${showType(x)}`)
  return x
}

export const bitWidth = (dtype: DType): number => 8 * byteSize(dtype)

/** Sizes must be whole and not negative. */
export function checkShape(shape: readonly number[]): readonly number[] {
  if (shape.some(d => !Number.isSafeInteger(d) || d < 0)) throw new TypeFault(`[${shape}] is not a shape`)
  return shape
}

/** Axes must be within the rank, ascending and distinct. */
export function checkAxes(x: TensorType, axes: readonly number[]): void {
  axes.forEach((a, i) => {
    if (!Number.isInteger(a) || a < 0 || a >= x.shape.length || (i > 0 && a <= axes[i - 1]!))
      throw new TypeFault(`axes [${axes}] are not ascending, distinct axes of ${showType(x)}`)
  })
}

export function dropAxes(x: TensorType, axes: readonly number[]): TensorType {
  checkAxes(x, axes)
  return tensor(
    x.dtype,
    x.shape.filter((_, i) => !axes.includes(i)),
  )
}

/** `array<i64: 1, 2>`, the way StableHLO writes integer lists. */
export const i64s = (xs: readonly number[]): string =>
  xs.length ? `array<i64: ${xs.join(', ')}>` : 'array<i64>'

/** How StableHLO compares numbers of a dtype. */
export const compareKind = (dtype: DType): 'FLOAT' | 'SIGNED' | 'UNSIGNED' => {
  if (isFloat(dtype)) return 'FLOAT'
  return dtype[0] === 'u' || dtype === 'bool' ? 'UNSIGNED' : 'SIGNED'
}

/** The attributes of `stablehlo.compare`. */
export const compareAttributes = (direction: string, kind: 'FLOAT' | 'SIGNED' | 'UNSIGNED'): string =>
  `comparison_direction = #stablehlo<comparison_direction ${direction}>, compare_type = #stablehlo<comparison_type ${kind}>`

/** The elements of x at `places` (s32) along one axis; the other axes of both agree. */
export function takeAlong(
  e: StableHloEmitter,
  x: HloRef,
  places: HloRef,
  axis: number,
  out: TensorType,
): HloRef {
  const rank = x.type.shape.length
  const others = x.type.shape.map((_, i) => i).filter(i => i !== axis)
  const dims = `offset_dims = [], collapsed_slice_dims = [${axis}], operand_batching_dims = [${others}], start_indices_batching_dims = [${others}], start_index_map = [${axis}], index_vector_dim = ${rank}`
  return e.op(
    'stablehlo.gather',
    [x, places],
    out,
    `dimension_numbers = #stablehlo.gather<${dims}>, slice_sizes = ${i64s(x.type.shape.map(() => 1))}, indices_are_sorted = false`,
  )
}
