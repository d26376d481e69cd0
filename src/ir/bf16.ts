const scratch = new DataView(new ArrayBuffer(4))

/** The 16 bits of a number in bfloat16: rounded to nearest even, as hardware does; a NaN stays one. */
export function bf16Bits(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  return Number.isNaN(value) ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** The number that 16 bits of bfloat16 stand for. */
export function fromBf16Bits(bits: number): number {
  scratch.setUint32(0, bits << 16)
  return scratch.getFloat32(0)
}
