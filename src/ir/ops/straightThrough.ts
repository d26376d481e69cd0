import { definePrimitive } from '../primitive.ts'
import { refMap } from '../reference.ts'
import { binary, floatLike } from './rules.ts'

/**
 * The first operand, with the gradient of the second (Bengio et al. 2013, the straight-through estimator):
 * a quantiser's value with the gradient of what it quantised, exact to the last bit.
 */
export const straightThrough = definePrimitive({
  name: 'straight_through',
  type: ins => [floatLike(binary(ins))],
  vjp: ({ ct }) => [null, ct],
  reference: ([value], _, [out]) => refMap(out!, [value!], x => x!),
  stablehlo: (_, ins) => [ins[0]!],
  tfjs: (_, [value]) => [value!],
  jax: ([value]) => value!,
  cases: [
    { in: ['f32[2,3]', 'f32[2,3]'], tol: 0 },
    { in: ['bf16[3]', 'bf16[3]'], tol: 0 },
  ],
})
