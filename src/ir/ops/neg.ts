import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { notBool, unary } from './rules.ts'
import { byKernel } from './tfjsRules.ts'

/** -x; integers wrap. */
export const neg = definePrimitive({
  name: 'neg',
  type: ins => [notBool(unary(ins))],
  vjp: ({ b, ct }) => [b.neg(ct)],
  reference: (ins, _, [out]) => refMap(out!, ins, x => wrap(out!.dtype, -x!)),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.negate', ins, out!)],
  tfjs: byKernel('Neg', x => -x!),
  jax: ([x]) => `-${x}`,
  cases: [
    { in: ['f32[2,3]'], tol: 0 },
    { in: [{ type: 's32[4]', range: [-5, 5] }], tol: 0 },
    { in: [{ type: 'u8[4]', range: [0, 255] }], tol: 0 },
    { in: [{ type: 'u32[4]', range: [0, 4294967295] }], tol: 0 },
    ...casesIn(['bf16', 's64'], ['T[2,3]']),
  ],
})
