import { regionEvaluator } from '../../ir/evaluate.ts'
import type { Program } from '../../ir/program.ts'
import type { RefTensor } from '../../ir/reference.ts'
import { sameType, showType } from '../../ir/types.ts'

/**
 * Evaluates a program in float64, equation by equation, by the primitives' own reference rules: slow,
 * obvious, and the oracle of every other backend.
 */
export function evaluate(program: Program, args: readonly RefTensor[]): RefTensor[] {
  if (args.length !== program.inputs.length)
    throw new Error(`${program.name} takes ${program.inputs.length} arguments, got ${args.length}`)
  program.inputs.forEach((input, i) => {
    const arg = args[i]
    if (!arg || !sameType(arg.type, input.value.type))
      throw new Error(
        `argument ${i} "${input.name}" of ${program.name} must be ${showType(input.value.type)}, got ${arg ? showType(arg.type) : 'nothing'}`,
      )
  })
  const run = regionEvaluator({
    name: program.name,
    params: program.inputs.map(i => i.value),
    equations: program.equations,
    results: program.outputs.map(o => o.value),
  })
  return run(args)
}
