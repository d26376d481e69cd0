import type { Params, Primitive } from '../primitive.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from '../program.ts'

/** A pure function from programs to programs. It gives the same object back where it changes nothing. */
export type Pass = (program: Program) => Program

/** What a rule may ask and do beside looking at its equation. */
export interface Site {
  /** The equation that computes a value, as rewritten so far; undefined for an input or a region's parameter. */
  producer(v: Var): Equation | undefined
  /** Puts an equation before this one, for the same graph node, and returns its first result. */
  emit<P extends Params>(prim: Primitive<P>, ins: readonly Var[], params: P): Var
}

/**
 * Looks at one equation, whose operands are already rewritten, and returns the values that take the place
 * of its results, or undefined to keep it.
 */
export type Rule = (eq: Equation, at: Site) => readonly Var[] | undefined

/**
 * One walk over a program, in order. Each list of equations, the program's own and each region's, gets a rule
 * of its own, for regions read nothing from outside. What the rules leave unused is dead code.
 */
export function rewrite(program: Program, newRule: () => Rule): Program {
  const ids = { last: highestId(program.equations, 0) }
  const results = program.outputs.map(o => o.value)
  const block = rewriteBlock(program.equations, results, newRule, ids)
  if (!block) return program
  const outputs = program.outputs.map((o, i) => ({ ...o, value: block.results[i]! }))
  return { ...program, equations: block.equations, outputs }
}

function highestId(equations: readonly Equation[], least: number): number {
  let highest = least
  for (const eq of equations) {
    for (const v of eq.outs) if (v.id > highest) highest = v.id
    for (const region of regionsOf(eq)) {
      for (const v of region.params) if (v.id > highest) highest = v.id
      highest = highestId(region.equations, highest)
    }
  }
  return highest
}

interface Block {
  readonly equations: readonly Equation[]
  readonly results: readonly Var[]
}

/** The rewritten list, or undefined where nothing changes. */
function rewriteBlock(
  list: readonly Equation[],
  results: readonly Var[],
  newRule: () => Rule,
  ids: { last: number },
): Block | undefined {
  const rule = newRule()
  const renamed = new Map<Var, Var>()
  const producers = new Map<Var, Equation>()
  const equations: Equation[] = []
  const current = (v: Var): Var => renamed.get(v) ?? v
  const append = (eq: Equation): void => {
    equations.push(eq)
    for (const v of eq.outs) producers.set(v, eq)
  }
  let origin: string | null = null
  const site: Site = {
    producer: v => producers.get(v),
    emit: (prim, ins, params) => {
      const types = prim.type(
        ins.map(v => v.type),
        params,
        [],
      )
      const outs = types.map(type => ({ id: ++ids.last, type }))
      append({ prim: prim as unknown as Primitive<Params>, params, ins, outs, origin })
      return outs[0]!
    },
  }
  let changed = false
  for (const old of list) {
    let eq = old.ins.some(v => renamed.has(v)) ? { ...old, ins: old.ins.map(current) } : old
    if (eq.regions) {
      const regions = eq.regions.map(r => rewriteRegion(r, newRule, ids))
      if (regions.some((r, i) => r !== old.regions![i])) eq = { ...eq, regions }
    }
    origin = eq.origin
    const instead = rule(eq, site)
    changed ||= eq !== old || instead !== undefined
    if (!instead) append(eq)
    else
      eq.outs.forEach((v, k) => {
        renamed.set(v, instead[k]!)
      })
  }
  return changed ? { equations, results: results.map(current) } : undefined
}

function rewriteRegion(region: Region, newRule: () => Rule, ids: { last: number }): Region {
  const block = rewriteBlock(region.equations, region.results, newRule, ids)
  return block ? { ...region, ...block } : region
}
