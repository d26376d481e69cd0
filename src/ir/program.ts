import type { Params, Primitive } from './primitive.ts'
import type { TensorType } from './types.ts'

/** A typed value: the result of one equation, or an input of the program. */
export interface Var {
  readonly id: number
  readonly type: TensorType
}

/** One step of a program: outs = primitive(ins; params). */
export interface Equation {
  readonly prim: Primitive<Params>
  readonly params: Params
  readonly ins: readonly Var[]
  readonly outs: readonly Var[]
  /** The graph node that built it, so that every later error lands on a node. */
  readonly origin: string | null
}

export interface Input {
  readonly name: string
  readonly value: Var
}

export interface Output {
  readonly name: string
  readonly value: Var
}

/** A flat list of equations over typed values: what the backends compile. */
export interface Program {
  readonly name: string
  readonly inputs: readonly Input[]
  readonly equations: readonly Equation[]
  readonly outputs: readonly Output[]
}

/** Removes the equations that no output needs. */
export function eliminateDeadCode(program: Program): Program {
  const live = new Set(program.outputs.map(o => o.value))
  const kept: Equation[] = []
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const eq = program.equations[i]!
    if (!eq.outs.some(v => live.has(v))) continue
    for (const v of eq.ins) live.add(v)
    kept.push(eq)
  }
  return { ...program, equations: kept.reverse() }
}
