import { definePrimitive } from '../primitive.ts'
import { refBitwise } from '../reference.ts'
import { casesIn } from './cases.ts'
import { binary, bits } from './rules.ts'
import { byElement } from './tfjsRules.ts'

/** Logical or of bools, bitwise or of integers. */
export const or = definePrimitive({
  name: 'or',
  type: ins => [bits(binary(ins))],
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) => refBitwise(out!, ins, (x, y) => x! | y!),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.or', ins, out!)],
  tfjs: byElement((x, y) => x! | y!),
  jax: ([x, y]) => `${x} | ${y}`,
  cases: [
    {
      in: [
        { type: 'bool[6]', range: [0, 1] },
        { type: 'bool[6]', range: [0, 1] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 'u32[6]', range: [0, 4294967295] },
        { type: 'u32[6]', range: [0, 4294967295] },
      ],
      tol: 0,
    },
    {
      in: [
        { type: 's64[6]', range: [-9e12, 9e12] },
        { type: 's64[6]', range: [-9e12, 9e12] },
      ],
      tol: 0,
    },
    ...casesIn(['s32', 'u8'], ['T[6]', 'T[6]']),
  ],
})
