import type { Program, Var } from '../../ir/program.ts'
import type { RefTensor } from '../../ir/reference.ts'
import { sameType, showType } from '../../ir/types.ts'

/**
 * Evaluates a program in float64, equation by equation, by the primitives' own reference rules: slow,
 * obvious, and the oracle of every other backend. Values are dropped after their last use.
 */
export function evaluate(program: Program, args: readonly RefTensor[]): RefTensor[] {
  if (args.length !== program.inputs.length)
    throw new Error(`${program.name} takes ${program.inputs.length} arguments, got ${args.length}`)
  const values = new Map<Var, RefTensor>()
  program.inputs.forEach((input, i) => {
    const arg = args[i]
    if (!arg || !sameType(arg.type, input.value.type))
      throw new Error(
        `argument ${i} "${input.name}" of ${program.name} must be ${showType(input.value.type)}, got ${arg ? showType(arg.type) : 'nothing'}`,
      )
    values.set(input.value, arg)
  })
  const lastUse = new Map<Var, number>()
  program.equations.forEach((eq, i) => {
    for (const v of eq.ins) lastUse.set(v, i)
  })
  for (const o of program.outputs) lastUse.set(o.value, program.equations.length)
  program.equations.forEach((eq, i) => {
    const results = eq.prim.reference(
      eq.ins.map(v => values.get(v)!),
      eq.params,
      eq.outs.map(v => v.type),
    )
    eq.outs.forEach((v, k) => {
      values.set(v, results[k]!)
    })
    for (const v of eq.ins) if (lastUse.get(v) === i) values.delete(v)
  })
  return program.outputs.map(o => values.get(o.value)!)
}
