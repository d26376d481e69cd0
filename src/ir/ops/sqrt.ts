import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike, unary } from './rules.ts'

/** √x; d √x = 1 / (2 √x). */
export const sqrt = definePrimitive({
  name: 'sqrt',
  type: ins => [floatLike(unary(ins))],
  vjp: ({ b, outs: [y], ct }) => [b.div(b.mul(ct, 0.5), y!)],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.sqrt(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.sqrt', ins, out!)],
  cases: [{ in: [{ type: 'f32[2,3]', range: [0.1, 4] }] }],
})
