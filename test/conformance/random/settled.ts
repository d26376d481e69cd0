import { bf16Bits, fromBf16Bits } from '../../../src/ir/bf16.ts'
import { type Equation, type Program, regionsOf } from '../../../src/ir/program.ts'
import type { RefTensor } from '../../../src/ir/reference.ts'
import { evaluate } from '../../../src/runtime/reference/evaluate.ts'
import { difference, type Suite } from '../run-all.ts'

/** The part of a tolerance that rounding may take up on the reference, so that backends have room for theirs. */
const ROOM = 0.25

/** As a machine holds it. */
const held = (x: RefTensor): RefTensor => {
  if (x.type.dtype === 'f32') return { type: x.type, data: x.data.map(Math.fround) }
  if (x.type.dtype === 'bf16') return { type: x.type, data: x.data.map(v => fromBf16Bits(bf16Bits(v))) }
  return x
}

/** The same equations, each rounding its results to their dtype. */
const rounding = (equations: readonly Equation[]): Equation[] =>
  equations.map(eq => ({
    ...eq,
    prim: { ...eq.prim, reference: (...args) => eq.prim.reference(...args).map(held) },
    ...(eq.regions && { regions: regionsOf(eq).map(r => ({ ...r, equations: rounding(r.equations) })) }),
  }))

/**
 * The float64 results of a program, or null where they hang on its roundings: where rounding every value to its
 * dtype, in the reference itself, moves some result by a good part of its tolerance. That shows a value next to a
 * jump, or errors that grow, and says nothing about any backend.
 */
export function settledResults({ program, values, outputs }: Suite): RefTensor[] | null {
  const exact = evaluate(program, values)
  const machine: Program = { ...program, equations: rounding(program.equations) }
  const rounded = evaluate(machine, values)
  const moved = outputs.some(({ tol }, i) => difference(exact[i]!, rounded[i]!, tol * ROOM) !== null)
  return moved ? null : exact
}
