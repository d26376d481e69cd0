import { definePrimitive } from '../primitive.ts'
import { refBitwise, refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { bits, unary } from './rules.ts'

/** Logical complement of bools, bitwise complement of integers. */
export const not = definePrimitive({
  name: 'not',
  type: ins => [bits(unary(ins))],
  vjp: { notDifferentiable: 'bits have no derivative' },
  reference: (ins, _, [out]) =>
    out!.dtype === 'bool' ? refMap(out!, ins, x => 1 - x!) : refBitwise(out!, ins, x => ~x!),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.not', ins, out!)],
  tfjs: (tf, ins, _, [out]) => [tf.map(ins, out!, out!.dtype === 'bool' ? x => 1 - x! : x => ~x!)],
  jax: ([x]) => `~${x}`,
  cases: [
    { in: [{ type: 'bool[5]', range: [0, 1] }], tol: 0 },
    { in: [{ type: 'u32[5]', range: [0, 4294967295] }], tol: 0 },
    { in: [{ type: 's64[5]', range: [-9e12, 9e12] }], tol: 0 },
    { in: [{ type: 'u8[5]', range: [0, 255] }], tol: 0 },
    ...casesIn(['s32'], ['T[2,3]']),
  ],
})
