import { TypeFault } from './primitive.ts'
import { Names, showEquation, showHead } from './print.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from './program.ts'
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
    const seen = new Set<string>()
    const twice = list.find(n => seen.size === seen.add(n.name).size)
    if (twice) throw new ProgramError(`program ${program.name}: two ${what} are named "${twice.name}"`, null)
  }
  const defined = new Set<Var>()
  for (const { name, value } of program.inputs) {
    if (defined.has(value))
      throw new ProgramError(`program ${program.name}: input "${name}" is the same value as another`, null)
    defined.add(value)
  }
  checkEquations(program, defined, { where: `program ${program.name}`, names: namesOf(program) })
  for (const o of program.outputs) {
    if (!defined.has(o.value))
      throw new ProgramError(`program ${program.name}: output "${o.name}" is never computed`, null)
  }
}

/** The equations being checked: a program's, or a region's within it. */
interface Scope {
  /** The path to them: the program, the equation, the region. */
  readonly where: string
  /** A region's first line, printed above a fault in it. */
  readonly head?: string
  /** Fresh names, the parameters named first. */
  readonly names: () => Names
}

type Body = { readonly equations: readonly Equation[] }

const namesOf = (program: Program) => () => {
  const names = new Names()
  for (const input of program.inputs) names.of(input.value)
  return names
}

function checkEquations(body: Body, defined: Set<Var>, scope: Scope): void {
  // Plain loops: this runs over thousands of equations, before and after each pass.
  for (let i = 0; i < body.equations.length; i++) {
    const eq = body.equations[i]!
    for (let k = 0; k < eq.ins.length; k++)
      if (!defined.has(eq.ins[k]!))
        fail(body, i, `operand ${k}, ${showType(eq.ins[k]!.type)}, is used before it is defined`, scope)
    if (!sound.has(eq)) checkAlone(body, i, scope)
    for (let k = 0; k < eq.outs.length; k++) {
      const v = eq.outs[k]!
      if (defined.has(v)) fail(body, i, `result ${k}, ${showType(v.type)}, is defined twice`, scope)
      defined.add(v)
    }
  }
}

/** Equations whose types and regions were found right: they never change, and most outlive several passes. */
const sound = new WeakSet<Equation>()

/** What can be said of an equation without those around it. */
function checkAlone(body: Body, i: number, scope: Scope): void {
  const eq = body.equations[i]!
  const refuse = (problem: string) => fail(body, i, problem, scope)
  for (const region of regionsOf(eq))
    checkRegion(region, eq, `${scope.where}, equation ${i}, ${region.name} of ${eq.prim.name}`)
  const types = typesOf(eq, refuse)
  if (types.length !== eq.outs.length)
    refuse(`its rule gives ${types.length} results, it has ${eq.outs.length}`)
  eq.outs.forEach((v, k) => {
    if (!sameType(v.type, types[k]!))
      refuse(`result ${k} is ${showType(v.type)}, its rule says ${showType(types[k]!)}`)
  })
  sound.add(eq)
}

/** Regions are closed: only their parameters are known inside. */
function checkRegion(region: Region, eq: Equation, where: string): void {
  const named = () => {
    const names = new Names()
    return { names, head: showHead(region, names) }
  }
  const { head } = named()
  const defined = new Set(region.params)
  if (defined.size < region.params.length)
    throw new ProgramError(`${where}: a parameter stands twice in ${head}`, eq.origin)
  checkEquations(region, defined, { where, head, names: () => named().names })
  region.results.forEach((v, k) => {
    if (!defined.has(v))
      throw new ProgramError(`${where}: result ${k}, ${showType(v.type)}, is never computed`, eq.origin)
  })
}

function typesOf(eq: Equation, refuse: (problem: string) => never): readonly TensorType[] {
  try {
    return eq.prim.type(
      eq.ins.map(v => v.type),
      eq.params,
      regionsOf(eq),
    )
  } catch (e) {
    if (e instanceof TypeFault) return refuse(e.message)
    throw e
  }
}

function fail(body: Body, at: number, problem: string, { where, head, names: fresh }: Scope): never {
  const names = fresh()
  const lines = body.equations
    .slice(0, at + AROUND + 1)
    .map(eq => showEquation(eq, names, { operandTypes: true, origins: true }))
  const from = Math.max(0, at - AROUND)
  const shown = lines
    .slice(from)
    .map((line, k) => `${from + k === at ? '>' : ' '} ${line.replaceAll('\n', '\n  ')}`)
  const origin = body.equations[at]?.origin ?? null
  const node = origin ? ` (from node "${origin}")` : ''
  const text = [...(head ? [head] : []), ...shown].join('\n')
  throw new ProgramError(`${where}, equation ${at}${node}: ${problem}\n${text}`, origin)
}
