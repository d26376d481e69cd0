import { BuildError, type Builder } from '../builder.ts'
import { stopGradient } from '../ops/stopGradient.ts'
import type { Var } from '../program.ts'
import { isFloat, sameType, showType } from '../types.ts'

/**
 * Reverse mode: appends to the builder the equations of d(y)/d(x) for each x in `wrt`, and returns them.
 * `y` must be a float scalar. An x that y does not depend on gets zeros. Each gradient equation carries
 * the graph node of the equation it came from.
 */
export function gradient(b: Builder, y: Var, wrt: readonly Var[]): Var[] {
  if (!isFloat(y.type.dtype) || y.type.shape.length !== 0)
    throw new BuildError(`a gradient starts from a float scalar, got ${showType(y.type)}`, b.currentOrigin)
  return pullback(b, y, b.onesLike(y), wrt)
}

/** Vector–Jacobian product: the cotangent `ct` of `y` carried back to each of `wrt`. */
export function pullback(b: Builder, y: Var, ct: Var, wrt: readonly Var[]): Var[] {
  if (!isFloat(y.type.dtype) || !sameType(y.type, ct.type))
    throw new BuildError(
      `a cotangent has the float type of its value: ${showType(y.type)} came with ${showType(ct.type)}`,
      b.currentOrigin,
    )
  const forward = b.equations.slice()
  const active = dependents(forward, wrt)
  const cotangents = new Map<Var, Var>()
  const accumulate = (v: Var, g: Var) => {
    const sofar = cotangents.get(v)
    cotangents.set(v, sofar ? b.add(sofar, g) : g)
  }
  if (active.has(y)) accumulate(y, ct)

  for (let i = forward.length - 1; i >= 0; i--) {
    const eq = forward[i]!
    if (!eq.outs.some(o => cotangents.has(o))) continue
    const needs = eq.ins.map(v => active.has(v))
    if (!needs.some(Boolean)) continue
    b.at(eq.origin, () => {
      const rule = eq.prim.vjp
      if (typeof rule !== 'function')
        throw new BuildError(
          `the loss depends on a trained weight through "${eq.prim.name}", which has no derivative: ` +
            `${rule.notDifferentiable}. Put a stop-gradient before it or compute it from frozen values.`,
          eq.origin,
        )
      const cts = eq.outs.map(o => cotangents.get(o) ?? null)
      const first = cts[0] ?? b.zerosLike(eq.outs[0]!)
      const grads = rule({ b, ins: eq.ins, outs: eq.outs, cts, ct: first, params: eq.params, needs })
      eq.ins.forEach((v, k) => {
        const g = grads[k]
        if (needs[k] && g) accumulate(v, g)
      })
    })
  }
  return wrt.map(v => cotangents.get(v) ?? b.zerosLike(v))
}

/**
 * The values that vary smoothly with any of `roots`, the roots among them: dependence through integers,
 * bools or a stop-gradient does not count, so nothing asks for a derivative behind those.
 */
function dependents(equations: Builder['equations'], roots: readonly Var[]): Set<Var> {
  const active = new Set(roots.filter(v => isFloat(v.type.dtype)))
  for (const eq of equations) {
    if (eq.prim.name === stopGradient.name || !eq.ins.some(v => active.has(v))) continue
    for (const o of eq.outs) if (isFloat(o.type.dtype)) active.add(o)
  }
  return active
}
