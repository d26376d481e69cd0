const view = new DataView(new ArrayBuffer(4))

/**
 * A float as MLIR writes it: the exact bits in hexadecimal, so that no decimal rounding comes between
 * the program and the machine, and infinities and NaN need no special case.
 */
export function floatLiteral(dtype: 'f32' | 'bf16', value: number): string {
  view.setFloat32(0, value)
  const bits = view.getUint32(0)
  if (dtype === 'f32') return `0x${bits.toString(16).toUpperCase().padStart(8, '0')}`
  // Round to nearest even, as hardware does.
  const rounded = Number.isNaN(value) ? bits >>> 16 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
  return `0x${rounded.toString(16).toUpperCase().padStart(4, '0')}`
}
