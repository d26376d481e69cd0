import { definePrimitive } from '../primitive.ts'
import { refMap, wrap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { signed, unary } from './rules.ts'
import { byKernel } from './tfjsRules.ts'

/** |x|; the derivative at 0 is taken as 1. */
export const abs = definePrimitive({
  name: 'abs',
  type: ins => [signed(unary(ins))],
  vjp: ({ b, ins: [x], ct }) => [b.select(b.compare('GE', x!, 0), ct, b.neg(ct))],
  reference: (ins, _, [out]) => refMap(out!, ins, x => wrap(out!.dtype, Math.abs(x!))),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.abs', ins, out!)],
  tfjs: byKernel('Abs', x => Math.abs(x!)),
  jax: ([x]) => `jnp.abs(${x})`,
  cases: [
    { in: ['f32[2,3]'], tol: 0 },
    { in: [{ type: 's32[4]', range: [-5, 5] }], tol: 0 },
    ...casesIn(['bf16', 's64'], ['T[2,3]']),
  ],
})
