import { TypeFault } from '../primitive.ts'
import { isFloat, sameShape, showType, type TensorType, tensor } from '../types.ts'

/** Shared pieces of type rules: each throws `TypeFault` with what came. */

export function floatLike(x: TensorType | undefined): TensorType {
  if (!x) throw new TypeFault('an operand is missing')
  if (!isFloat(x.dtype)) throw new TypeFault(`needs a float, got ${showType(x)}`)
  return x
}

/** Operands of one dtype and one shape. */
export function same(ins: readonly TensorType[]): TensorType {
  const [x, ...rest] = ins
  if (!x) throw new TypeFault('an operand is missing')
  for (const y of rest) {
    if (y.dtype !== x.dtype) throw new TypeFault(`dtypes differ: ${showType(x)} and ${showType(y)}`)
    if (!sameShape(x.shape, y.shape)) throw new TypeFault(`shapes differ: ${showType(x)} and ${showType(y)}`)
  }
  return x
}

export function sameFloat(ins: readonly TensorType[]): TensorType {
  return floatLike(same(ins))
}

export function notBool(x: TensorType): TensorType {
  if (x.dtype === 'bool') throw new TypeFault(`needs numbers, got ${showType(x)}`)
  return x
}

export function bits(x: TensorType): TensorType {
  if (isFloat(x.dtype)) throw new TypeFault(`needs integers or bools, got ${showType(x)}`)
  return x
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
