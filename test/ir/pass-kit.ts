import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { removeDeadCode } from '../../src/ir/passes/dead-code.ts'
import type { Pass } from '../../src/ir/passes/rewrite.ts'
import { printProgram } from '../../src/ir/print.ts'
import type { Program, Var } from '../../src/ir/program.ts'
import { type DType, tensor } from '../../src/ir/types.ts'

export function programOf(build: (b: Builder) => Readonly<Record<string, Var>>): Program {
  const b = new Builder()
  for (const [name, v] of Object.entries(build(b))) b.output(name, v)
  const program = b.finish('p')
  checkProgram(program)
  return program
}

/** What a pass makes of a program, without what it left unused, as text. */
export function through(pass: Pass, build: (b: Builder) => Readonly<Record<string, Var>>): string {
  const made = pass(programOf(build))
  checkProgram(made)
  return printProgram(removeDeadCode(made), { origins: true })
}

export const x23 = (b: Builder) => b.input('x', tensor('f32', [2, 3]))
export const vector = (b: Builder, dtype: DType, values: readonly number[]) =>
  b.constant(tensor(dtype, [values.length]), values)
