import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { casesIn } from './cases.ts'
import { unary } from './rules.ts'

/** The value itself; reverse mode sends nothing through it. */
export const stopGradient = definePrimitive({
  name: 'stop_gradient',
  type: ins => [unary(ins)],
  vjp: () => [null],
  reference: (ins, _, [out]) => refMap(out!, ins, x => x!),
  stablehlo: (_, ins) => [ins[0]!],
  tfjs: (_, ins) => ins,
  jax: ([x]) => `lax.stop_gradient(${x})`,
  cases: [
    { in: ['f32[2,3]'], tol: 0 },
    { in: [{ type: 's32[3]', range: [-9, 9] }], tol: 0 },
    ...casesIn(['bf16', 'u32', 's64', 'u8', 'bool'], ['T[2,3]']),
  ],
})
