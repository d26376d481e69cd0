import { type DType, elementCount, stridesOf, type TensorType } from './types.ts'

/** A tensor of the float64 oracle. Integers and bools are held as doubles: exact, for `s64` up to 2⁵³. */
export interface RefTensor {
  readonly type: TensorType
  readonly data: Float64Array
}

export const refZeros = (type: TensorType): RefTensor => ({
  type,
  data: new Float64Array(elementCount(type.shape)),
})

export const refTensor = (type: TensorType, values: ArrayLike<number>): RefTensor => {
  const n = elementCount(type.shape)
  if (values.length !== n) throw new Error(`${values.length} values for ${n} elements`)
  return { type, data: Float64Array.from(values) }
}

/** Applies `f` to corresponding elements of tensors of one shape. */
export function refMap(
  out: TensorType,
  ins: readonly RefTensor[],
  f: (...xs: number[]) => number,
): [RefTensor] {
  const result = refZeros(out)
  const n = result.data.length
  const args = new Array<number>(ins.length)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < ins.length; k++) args[k] = ins[k]!.data[i]!
    result.data[i] = f(...args)
  }
  return [result]
}

/** Applies `f` to the bits of integers (or bools) of one shape, in two's complement, and wraps the result. */
export const refBitwise = (
  out: TensorType,
  ins: readonly RefTensor[],
  f: (...xs: bigint[]) => bigint,
): [RefTensor] => refMap(out, ins, (...xs) => wrap(out.dtype, Number(f(...xs.map(BigInt)))))

/** Calls `f(index, position)` for each element of `shape` in row-major order; `index` is reused. */
export function forEachIndex(shape: readonly number[], f: (index: number[], position: number) => void): void {
  const n = elementCount(shape)
  const index = new Array<number>(shape.length).fill(0)
  for (let p = 0; p < n; p++) {
    f(index, p)
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++index[d]! < shape[d]!) break
      index[d] = 0
    }
  }
}

/** Row-major position of `index` in `shape`'s strides. */
export function positionOf(index: readonly number[], strides: readonly number[]): number {
  let p = 0
  for (let d = 0; d < index.length; d++) p += index[d]! * strides[d]!
  return p
}

/** Builds a tensor by asking for the input position of each output index. */
export function refGatherBy(
  out: TensorType,
  x: RefTensor,
  source: (index: readonly number[], strides: readonly number[]) => number,
): [RefTensor] {
  const result = refZeros(out)
  const strides = stridesOf(x.type.shape)
  forEachIndex(out.shape, (index, p) => {
    result.data[p] = x.data[source(index, strides)]!
  })
  return [result]
}

/** Brings a real number into an integer dtype's range by wrapping, as machine arithmetic does. */
export function wrap(dtype: DType, x: number): number {
  switch (dtype) {
    case 's32':
      return x | 0
    case 'u32':
      return x >>> 0
    case 'u8':
      return x & 255
    case 's64':
      return Number.isSafeInteger(x) || !Number.isFinite(x) ? x : Number(BigInt.asIntN(64, BigInt(x)))
    case 'bool':
      return x ? 1 : 0
    default:
      return x
  }
}
