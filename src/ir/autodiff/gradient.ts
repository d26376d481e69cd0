import { BuildError, type Builder } from '../builder.ts'
import { stopGradient } from '../ops/stopGradient.ts'
import { TypeFault } from '../primitive.ts'
import { type Equation, type Region, regionsOf, type Var } from '../program.ts'
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
  const [from, ...to] = [y, ...wrt].map(v => b.local(v))
  return pull(b, b.equations.slice(), [from!], [ct], to).map((g, i) => g ?? b.zerosLike(to[i]!))
}

/** Reverse mode over some of the builder's equations, from several results; null where nothing flows. */
export function pull(
  b: Builder,
  forward: readonly Equation[],
  ys: readonly Var[],
  cts: readonly (Var | null)[],
  wrt: readonly Var[],
): (Var | null)[] {
  const active = dependents(forward, wrt)
  const cotangents = new Map<Var, Var>()
  const accumulate = (v: Var, g: Var) => {
    const sofar = cotangents.get(v)
    cotangents.set(v, sofar ? b.add(sofar, g) : g)
  }
  ys.forEach((y, i) => {
    const ct = cts[i]
    if (ct && active.has(y)) accumulate(y, ct)
  })

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
      const outCts = eq.outs.map(o => cotangents.get(o) ?? null)
      const ct = outCts[0] ?? b.zerosLike(eq.outs[0]!)
      const { ins, outs, params } = eq
      const regions = regionsOf(eq)
      const args = { b, ins, outs, cts: outCts, ct, params, needs, regions, eq, pull, through }
      const grads = applyRule(() => rule(args), eq)
      ins.forEach((v, k) => {
        const g = grads[k]
        if (needs[k] && g) accumulate(v, g)
      })
    })
  }
  return wrt.map(v => cotangents.get(v) ?? null)
}

/** A rule's refusal becomes an error on the equation's graph node. */
function applyRule<T>(rule: () => T, eq: Equation): T {
  try {
    return rule()
  } catch (e) {
    if (e instanceof TypeFault) throw new BuildError(`gradient of ${eq.prim.name}: ${e.message}`, eq.origin)
    throw e
  }
}

/**
 * The values that vary smoothly with any of `roots`, the roots among them: dependence through integers,
 * bools or a stop-gradient does not count, so nothing asks for a derivative behind those.
 */
function dependents(equations: readonly Equation[], roots: readonly Var[]): Set<Var> {
  const active = new Set(roots.filter(v => isFloat(v.type.dtype)))
  for (const eq of equations) {
    if (eq.prim.name === stopGradient.name || !eq.ins.some(v => active.has(v))) continue
    const given = eq.ins.map(v => active.has(v))
    const which = eq.prim.activity?.(given, eq.params, regionsOf(eq), through)
    eq.outs.forEach((o, k) => {
      if (isFloat(o.type.dtype) && (which?.[k] ?? true)) active.add(o)
    })
  }
  return active
}

/** The same for a region: which of its results vary smoothly with the active parameters. */
function through(region: Region, active: readonly boolean[]): boolean[] {
  const roots = region.params.filter((_, i) => active[i])
  const reached = dependents(region.equations, roots)
  return region.results.map(v => reached.has(v))
}
