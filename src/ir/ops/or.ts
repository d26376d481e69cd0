import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { bits, same } from './rules.ts'

/** Logical or of bools, bitwise or of integers. */
export const or = definePrimitive({
  name: 'or',
  type: ins => [bits(same(ins))],
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => wrap(out!.dtype, x! | y!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.or', ins, out!)],
  cases: [
    {
      in: [
        { type: 'bool[6]', range: [0, 2] },
        { type: 'bool[6]', range: [0, 2] },
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
  ],
})
