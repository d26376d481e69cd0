import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { floatLike } from './rules.ts'

/** Hyperbolic tangent; d tanh = 1 - y². */
export const tanh = definePrimitive({
  name: 'tanh',
  type: ([x]) => [floatLike(x)],
  vjp: ({ b, outs: [y], ct }) => [b.mul(ct, b.sub(1, b.mul(y!, y!)))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => Math.tanh(x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.tanh', ins, out!)],
  cases: [{ in: ['f32[2,3]'] }],
})
