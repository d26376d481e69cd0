import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike } from './rules.ts'

/** Natural logarithm; d log x = 1 / x. */
export const log = definePrimitive({
  name: 'log',
  type: ([x]) => [floatLike(x)],
  vjp: ({ b, ins: [x], ct }) => [b.div(ct, x!)],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.log(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.log', ins, out!)],
  cases: [{ in: [{ type: 'f32[2,3]', range: [0.1, 4] }] }],
})
