import { stopGradient } from '../../ir/ops/stopGradient.ts'
import { type Equation, regionsOf, type Var } from '../../ir/program.ts'
import { isFloat } from '../../ir/types.ts'

/** All values that are made from any of `roots`, the roots among them. */
export function madeFrom(equations: readonly Equation[], roots: Iterable<Var>): ReadonlySet<Var> {
  const found = new Set<Var>(roots)
  for (const eq of equations) if (eq.ins.some(v => found.has(v))) for (const v of eq.outs) found.add(v)
  return found
}

/** Those that vary smoothly with a root: not through integers, nor through a stop-gradient. */
export function smoothIn(equations: readonly Equation[], roots: Iterable<Var>): ReadonlySet<Var> {
  const found = new Set<Var>(roots)
  for (const eq of equations) {
    if (!passes(eq) || !eq.ins.some(v => found.has(v))) continue
    for (const v of eq.outs) if (isFloat(v.type.dtype)) found.add(v)
  }
  return found
}

/** Values that a gradient reaches on its way back from `ends`. */
export function reached(equations: readonly Equation[], ends: Iterable<Var>): ReadonlySet<Var> {
  const found = new Set<Var>(ends)
  for (let i = equations.length - 1; i >= 0; i--) {
    const eq = equations[i]!
    if (!passes(eq) || !eq.outs.some(v => found.has(v))) continue
    for (const v of eq.ins) if (isFloat(v.type.dtype)) found.add(v)
  }
  return found
}

/** Whether a gradient goes through an equation. Through one with regions it is taken to. */
const passes = (eq: Equation): boolean =>
  eq.prim.name !== stopGradient.name && (typeof eq.prim.vjp === 'function' || regionsOf(eq).length > 0)
