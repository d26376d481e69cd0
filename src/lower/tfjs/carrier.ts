import { bf16Bits, fromBf16Bits } from '../../ir/bf16.ts'
import type { HostData } from '../../ir/primitive.ts'
import type { RefTensor } from '../../ir/reference.ts'
import { type DType, elementCount, type TensorType } from '../../ir/types.ts'

type Carrier = (new (n: number) => HostData) & { from(xs: ArrayLike<number>): HostData }

const CARRIERS: Record<DType, Carrier> = {
  f32: Float32Array,
  bf16: Float32Array,
  s32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bool: Uint8Array,
  s64: Float64Array,
}

/** Zeros of a dtype, as the host holds it. */
export const zeros = (dtype: DType, n: number): HostData => new CARRIERS[dtype](n)

/** Numbers in a dtype's own precision. */
export function hostData(dtype: DType, values: ArrayLike<number>): HostData {
  const data = CARRIERS[dtype].from(values)
  return dtype === 'bf16' ? data.map(roundBf16) : data
}

/** The nearest number that bfloat16 has. */
export const roundBf16 = (x: number): number => fromBf16Bits(bf16Bits(x))

export function toReference(type: TensorType, data: HostData): RefTensor {
  if (data.length !== elementCount(type.shape))
    throw new Error(`${data.length} numbers for ${elementCount(type.shape)} elements`)
  return { type, data: data instanceof Float64Array ? data : Float64Array.from(data) }
}
