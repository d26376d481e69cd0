import { type DType, isFloat } from '../../ir/types.ts'

const DTYPES: Record<DType, string> = {
  f32: 'jnp.float32',
  bf16: 'jnp.bfloat16',
  s32: 'jnp.int32',
  u32: 'jnp.uint32',
  s64: 'jnp.int64',
  u8: 'jnp.uint8',
  bool: 'jnp.bool_',
}

export const jaxDtype = (dtype: DType): string => DTYPES[dtype]

/** A number as Python writes it. Floats keep a point, so that none is taken for an integer. */
export function pythonNumber(dtype: DType, value: number): string {
  if (dtype === 'bool') return value ? 'True' : 'False'
  if (!isFloat(dtype)) return BigInt(value).toString()
  if (Number.isNaN(value)) return 'jnp.nan'
  if (!Number.isFinite(value)) return value > 0 ? 'jnp.inf' : '-jnp.inf'
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}
