import { type Equation, liveEquations, type Program, type Region, type Var } from '../program.ts'

/** Removes the equations that no output needs, in regions too. Inputs stay: they are how a program is called. */
export function removeDeadCode(program: Program): Program {
  const equations = live(
    program.equations,
    program.outputs.map(o => o.value),
  )
  return equations === program.equations ? program : { ...program, equations }
}

/** The same list where all of it is needed. */
function live(equations: readonly Equation[], results: readonly Var[]): readonly Equation[] {
  const kept = liveEquations(equations, results)
  const inner = kept.map(eq => {
    if (!eq.regions) return eq
    const regions = eq.regions.map(liveRegion)
    return regions.some((r, i) => r !== eq.regions![i]) ? { ...eq, regions } : eq
  })
  const same = inner.length === equations.length && inner.every((eq, i) => eq === equations[i])
  return same ? equations : inner
}

function liveRegion(region: Region): Region {
  const equations = live(region.equations, region.results)
  return equations === region.equations ? region : { ...region, equations }
}
