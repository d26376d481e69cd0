import { definePrimitive } from '../primitive.ts'
import { refBitwise } from '../reference.ts'
import { binary, bitWidth, integer } from './rules.ts'

/** Bits of x moved left by y places, zeros moved in; nothing is left of a shift by the whole width or more. */
export const shiftLeft = definePrimitive({
  name: 'shift_left',
  type: ins => [integer(binary(ins))],
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) => {
    const width = BigInt(bitWidth(out!.dtype))
    // A negative count is a large one without a sign.
    return refBitwise(out!, ins, (x, y) =>
      y! < 0 || y! >= width ? 0n : BigInt.asIntN(Number(width), x! << y!),
    )
  },
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.shift_left', ins, out!)],
  tfjs: (tf, ins, _, [out]) => {
    const width = bitWidth(out!.dtype)
    return [tf.map(ins, out!, (x, y) => (y! < 0 || y! >= width ? 0 : x! << y!))]
  },
  jax: ([x, y]) => `lax.shift_left(${x}, ${y})`,
  cases: [
    {
      in: [
        { type: 'u32[9]', range: [0, 4294967295] },
        { type: 'u32[9]', range: [0, 40] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 's32[9]', range: [-999999, 999999] },
        { type: 's32[9]', range: [-4, 40] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u8[9]', range: [0, 255] },
        { type: 'u8[9]', range: [0, 10] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 's64[9]', range: [-999, 999] },
        { type: 's64[9]', range: [0, 40] },
      ],
      tol: 0,
    },
  ],
})
