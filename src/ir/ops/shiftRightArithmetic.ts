import { definePrimitive, TypeFault } from '../primitive.ts'
import { refBitwise } from '../reference.ts'
import { showType } from '../types.ts'
import { binary, bitWidth, integer } from './rules.ts'
import { byElement } from './tfjsRules.ts'

/** Bits of x moved right by y places, copies of its sign moved in: x / 2^y rounded down. */
export const shiftRightArithmetic = definePrimitive({
  name: 'shift_right_arithmetic',
  type: ins => {
    const x = integer(binary(ins))
    if (x.dtype[0] === 'u') throw new TypeFault(`needs integers with a sign, got ${showType(x)}`)
    return [x]
  },
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) => {
    const most = BigInt(bitWidth(out!.dtype) - 1)
    // A negative count is a large one without a sign.
    return refBitwise(out!, ins, (x, y) => x! >> (y! < 0 || y! > most ? most : y!))
  },
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.shift_right_arithmetic', ins, out!)],
  tfjs: byElement((x, y) => x! >> (y! < 0 || y! > 31 ? 31 : y!)),
  jax: ([x, y]) => `lax.shift_right_arithmetic(${x}, ${y})`,
  cases: [
    {
      in: [
        { type: 's32[9]', range: [-2147483648, 2147483647] },
        { type: 's32[9]', range: [-4, 40] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 's64[9]', range: [-9e12, 9e12] },
        { type: 's64[9]', range: [0, 70] },
      ],
      tol: 0,
    },
  ],
})
