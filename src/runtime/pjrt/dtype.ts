import type { DType } from '../../ir/types.ts'
import { BUFFER_TYPE } from './enums.ts'

const TO_NATIVE: Record<DType, number> = {
  f32: BUFFER_TYPE.F32,
  bf16: BUFFER_TYPE.BF16,
  s32: BUFFER_TYPE.S32,
  u32: BUFFER_TYPE.U32,
  s64: BUFFER_TYPE.S64,
  u8: BUFFER_TYPE.U8,
  bool: BUFFER_TYPE.PRED,
}

const FROM_NATIVE = new Map(Object.entries(TO_NATIVE).map(([dtype, value]) => [value, dtype as DType]))

/** `PJRT_Buffer_Type` of a dtype. */
export const toNativeType = (dtype: DType): number => TO_NATIVE[dtype]

/** The dtype of a `PJRT_Buffer_Type`; throws for those the IR doesn't have. */
export function fromNativeType(type: number): DType {
  const dtype = FROM_NATIVE.get(type)
  if (dtype) return dtype
  const name = Object.entries(BUFFER_TYPE).find(([, value]) => value === type)?.[0] ?? `number ${type}`
  throw new Error(`XLA's element type ${name} has no dtype in the IR`)
}
