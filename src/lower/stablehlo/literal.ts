import { bf16Bits } from '../../ir/bf16.ts'

const scratch = new DataView(new ArrayBuffer(4))

const hex = (bits: number, digits: number): string =>
  `0x${bits.toString(16).toUpperCase().padStart(digits, '0')}`

/**
 * A float as MLIR writes it: the exact bits in hexadecimal, so that no decimal rounding comes between
 * the program and the machine, and infinities and NaN need no special case.
 */
export function floatLiteral(dtype: 'f32' | 'bf16', value: number): string {
  if (dtype === 'bf16') return hex(bf16Bits(value), 4)
  scratch.setFloat32(0, value)
  return hex(scratch.getUint32(0), 8)
}
