import type { Program } from '../program.ts'
import { ARITHMETIC } from './algebra-arithmetic.ts'
import { SHAPES } from './algebra-shapes.ts'
import { rewrite } from './rewrite.ts'

/**
 * Replaces equations that compute what is known already, one primitive's rules at a time. Every rule holds
 * for all values, NaN, infinities and both zeros among them, bit for bit; so `x + 0` of floats stays (it
 * makes 0 of -0) while `x + -0` goes. For programs that are no longer differentiated: `stop_gradient` and
 * `straight_through` go too.
 */
export function cleanUp(program: Program): Program {
  return rewrite(program, () => (eq, at) => {
    const v = (ARITHMETIC[eq.prim.name] ?? SHAPES[eq.prim.name])?.(eq, at)
    return v && [v]
  })
}
