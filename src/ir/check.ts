import { TypeFault } from './primitive.ts'
import { Names, showEquation } from './print.ts'
import type { Equation, Program, Var } from './program.ts'
import { sameType, showType, type TensorType } from './types.ts'

/** A malformed program: a fault of Diptych's, never of a user's graph. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly origin: string | null
  constructor(message: string, origin: string | null) {
    super(message)
    this.origin = origin
  }
}

/** Lines printed before and after a faulty equation. */
const AROUND = 3

/**
 * Checks that every value is defined once and before its use, that every type is what the primitive's
 * rule says, and that input and output names are distinct. Runs after building, after autodiff and after
 * each pass; the error prints the equations around the fault with all their shapes.
 */
export function checkProgram(program: Program): void {
  const named = [
    { what: 'inputs', list: program.inputs },
    { what: 'outputs', list: program.outputs },
  ]
  for (const { what, list } of named) {
    const twice = list.find((n, i) => list.findIndex(m => m.name === n.name) !== i)
    if (twice) throw new ProgramError(`program ${program.name}: two ${what} are named "${twice.name}"`, null)
  }
  const defined = new Set<Var>()
  for (const { name, value } of program.inputs) {
    if (defined.has(value))
      throw new ProgramError(`program ${program.name}: input "${name}" is the same value as another`, null)
    defined.add(value)
  }
  program.equations.forEach((eq, i) => {
    eq.ins.forEach((v, k) => {
      if (!defined.has(v)) fail(program, i, `operand ${k}, ${showType(v.type)}, is used before it is defined`)
    })
    const types = typesOf(program, eq, i)
    if (types.length !== eq.outs.length)
      fail(program, i, `its rule gives ${types.length} results, it has ${eq.outs.length}`)
    eq.outs.forEach((v, k) => {
      if (!sameType(v.type, types[k]!))
        fail(program, i, `result ${k} is ${showType(v.type)}, its rule says ${showType(types[k]!)}`)
      if (defined.has(v)) fail(program, i, `result ${k}, ${showType(v.type)}, is defined twice`)
      defined.add(v)
    })
  })
  for (const o of program.outputs) {
    if (!defined.has(o.value))
      throw new ProgramError(`program ${program.name}: output "${o.name}" is never computed`, null)
  }
}

function typesOf(program: Program, eq: Equation, i: number): readonly TensorType[] {
  try {
    return eq.prim.type(
      eq.ins.map(v => v.type),
      eq.params,
    )
  } catch (e) {
    if (e instanceof TypeFault) return fail(program, i, e.message)
    throw e
  }
}

function fail(program: Program, at: number, problem: string): never {
  const names = new Names()
  for (const input of program.inputs) names.of(input.value)
  const lines = program.equations
    .slice(0, at + AROUND + 1)
    .map(eq => showEquation(eq, names, { operandTypes: true, origins: true }))
  const from = Math.max(0, at - AROUND)
  const shown = lines.slice(from).map((line, k) => `${from + k === at ? '>' : ' '} ${line}`)
  const origin = program.equations[at]?.origin ?? null
  const where = origin ? ` (from node "${origin}")` : ''
  throw new ProgramError(
    `program ${program.name}, equation ${at}${where}: ${problem}\n${shown.join('\n')}`,
    origin,
  )
}
