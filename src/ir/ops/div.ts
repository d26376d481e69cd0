import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { binary, floatLike } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** x / y; d = ct / y and -ct · x / y². */
export const div = definePrimitive({
  name: 'div',
  type: ins => [floatLike(binary(ins))],
  vjp: ({ b, ins: [, y], outs: [q], ct, needs }) => {
    const dx = b.div(ct, y!)
    return [dx, needs[1] ? b.neg(b.mul(dx, q!)) : null]
  },
  reference: (ins, _, [out]) => refMap(out!, ins, (x, y) => x! / y!),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.divide', ins, out!)],
  tfjs: floatKernel('RealDiv'),
  jax: ([x, y]) => `${x} / ${y}`,
  cases: [
    { in: ['f32[2,3]', { type: 'f32[2,3]', range: [0.5, 3] }] },
    { in: ['bf16[4]', { type: 'bf16[4]', range: [0.5, 3] }], tol: 0.02 },
  ],
})
