import { definePrimitive, TypeFault } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { pyTuple } from './python.ts'

/**
 * The operands themselves, all of them ready before any is used: the compiler may neither move work across
 * nor merge what is before with what comes after, so that recomputed values stay recomputed.
 */
export const optimizationBarrier = definePrimitive({
  name: 'optimization_barrier',
  type: ins => {
    if (ins.length === 0) throw new TypeFault('nothing to hold')
    return ins
  },
  vjp: ({ b, cts }) => {
    const known = cts.filter(ct => ct !== null)
    const held = b.optimizationBarrier(known)
    return cts.map(ct => (ct ? held[known.indexOf(ct)]! : null))
  },
  reference: (ins, _, outs) => ins.flatMap((x, i) => refMap(outs[i]!, [x], v => v!)),
  stablehlo: (e, ins, _, outs) => e.multi('stablehlo.optimization_barrier', ins, outs),
  tfjs: (_, ins) => ins,
  jax: ins => ({ tuple: `lax.optimization_barrier(${pyTuple(ins)})` }),
  cases: [
    { in: ['f32[2,3]'], tol: 0 },
    { in: ['f32[2,3]', { type: 's32[4]', range: [-9, 9] }, 'bf16[]'], tol: 0 },
    ...casesIn(['bf16', 's32', 'u32', 's64', 'u8', 'bool'], ['T[2,3]', 'f32[2]']),
  ],
})
