import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { bits, same } from './rules.ts'

/** Exclusive or of bools or bits. */
export const xor = definePrimitive({
  name: 'xor',
  type: ins => [bits(same(ins))],
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => wrap(out!.dtype, x! ^ y!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.xor', ins, out!)],
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
