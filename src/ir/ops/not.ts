import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { bits, same } from './rules.ts'

/** Logical complement of bools, bitwise complement of integers. */
export const not = definePrimitive({
  name: 'not',
  type: ins => [bits(same(ins))],
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) =>
    refMap(out!, ins, x => (out!.dtype === 'bool' ? 1 - x! : wrap(out!.dtype, ~x!))),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.not', ins, out!)],
  cases: [
    { in: [{ type: 'bool[5]', range: [0, 2] }], tol: 0 },
    { in: [{ type: 'u32[5]', range: [0, 4294967295] }], tol: 0 },
  ],
})
