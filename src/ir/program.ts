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
  /** The sub-programs of a control-flow primitive; left out where there are none. Read them by `regionsOf`. */
  readonly regions?: readonly Region[]
  /** The graph node that built it, so that every later error lands on a node. */
  readonly origin: string | null
}

/**
 * A sub-program that is part of an equation. It is closed: it reads its parameters and what its own
 * equations define, nothing from outside, so that it can be moved, inlined and shared between equations.
 */
export interface Region {
  /** What it is to its primitive: `body`, `cond`, `then`. */
  readonly name: string
  readonly params: readonly Var[]
  readonly equations: readonly Equation[]
  readonly results: readonly Var[]
}

const NO_REGIONS: readonly Region[] = []

export const regionsOf = (eq: Equation): readonly Region[] => eq.regions ?? NO_REGIONS

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

/** The equations that some of the results need, in order. */
export function liveEquations(equations: readonly Equation[], results: readonly Var[]): Equation[] {
  const live = new Set(results)
  const kept: Equation[] = []
  for (let i = equations.length - 1; i >= 0; i--) {
    const eq = equations[i]!
    if (!eq.outs.some(v => live.has(v))) continue
    for (const v of eq.ins) live.add(v)
    kept.push(eq)
  }
  return kept.reverse()
}

/** Removes the equations that no output needs. */
export const eliminateDeadCode = (program: Program): Program => ({
  ...program,
  equations: liveEquations(
    program.equations,
    program.outputs.map(o => o.value),
  ),
})
