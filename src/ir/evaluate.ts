import { type Region, regionsOf, type Var } from './program.ts'
import type { RefTensor } from './reference.ts'

/**
 * Prepares a region for evaluation in float64, equation by equation, by the primitives' own reference
 * rules. Values are dropped after their last use. What comes back may be called many times, as loops do.
 */
export function regionEvaluator(region: Region): (args: readonly RefTensor[]) => RefTensor[] {
  const { params, equations, results } = region
  const lastUse = new Map<Var, number>()
  equations.forEach((eq, i) => {
    for (const v of eq.ins) lastUse.set(v, i)
  })
  for (const v of results) lastUse.set(v, equations.length)
  const steps = equations.map((eq, i) => ({
    eq,
    types: eq.outs.map(v => v.type),
    regions: regionsOf(eq),
    done: [...eq.ins, ...eq.outs].filter(v => (lastUse.get(v) ?? i) === i),
  }))
  return args => {
    const values = new Map(params.map((v, i) => [v, args[i]!]))
    for (const { eq, types, regions, done } of steps) {
      const ins = eq.ins.map(v => values.get(v)!)
      const outs = eq.prim.reference(ins, eq.params, types, regions)
      eq.outs.forEach((v, k) => {
        values.set(v, outs[k]!)
      })
      for (const v of done) values.delete(v)
    }
    return results.map(v => values.get(v)!)
  }
}
