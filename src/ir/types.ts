/** Element types of the tensor IR. `f32` and `bf16` are the floats; indices are `s32`, pictures `u8`. */
export type DType = 'f32' | 'bf16' | 's32' | 'u32' | 's64' | 'u8' | 'bool'

/** A dtype and a static shape: every size is known before anything runs. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: readonly number[]
}

const BYTES: Record<DType, number> = { f32: 4, bf16: 2, s32: 4, u32: 4, s64: 8, u8: 1, bool: 1 }

/** Size of one element in bytes, as the backends store it. */
export const byteSize = (dtype: DType): number => BYTES[dtype]

export const isFloat = (dtype: DType): boolean => dtype === 'f32' || dtype === 'bf16'
export const isInt = (dtype: DType): boolean =>
  dtype === 's32' || dtype === 'u32' || dtype === 's64' || dtype === 'u8'

export const tensor = (dtype: DType, shape: readonly number[]): TensorType => ({ dtype, shape })

/** Number of elements; 1 for a scalar. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

export const byteLength = (t: TensorType): number => elementCount(t.shape) * byteSize(t.dtype)

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape)

/** `f32[2,3]`; a scalar is `f32[]`. */
export const showType = (t: TensorType): string => `${t.dtype}[${t.shape.join(',')}]`

/** Reads `f32[2,3]` back. Throws on anything else. */
export function parseType(text: string): TensorType {
  const m = /^(f32|bf16|s32|u32|s64|u8|bool)\[((?:\d+(?:,\d+)*)?)\]$/.exec(text)
  if (!m) throw new Error(`not a tensor type: "${text}" (expected something like f32[2,3])`)
  return tensor(m[1] as DType, m[2] ? m[2].split(',').map(Number) : [])
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let n = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = n
    n *= shape[i]!
  }
  return strides
}
