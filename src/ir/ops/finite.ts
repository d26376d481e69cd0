import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { tensor } from '../types.ts'
import { floatLike, unary } from './rules.ts'
import { floatKernel } from './tfjsRules.ts'

/** Whether x is neither infinite nor NaN. */
export const finite = definePrimitive({
  name: 'is_finite',
  type: ins => [tensor('bool', floatLike(unary(ins)).shape)],
  vjp: { notDifferentiable: 'a test gives bools' },
  reference: (ins, _, [out]) => refMap(out!, ins, x => Number(Number.isFinite(x!))),
  stablehlo: (e, ins, _, [out]) => [e.op('stablehlo.is_finite', ins, out!)],
  tfjs: floatKernel('IsFinite'),
  jax: ([x]) => `jnp.isfinite(${x})`,
  cases: [
    { in: ['f32[2,3]'], tol: 0 },
    { in: ['bf16[4]'], tol: 0 },
  ],
})
