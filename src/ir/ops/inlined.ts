import { Builder } from '../builder.ts'
import type { HloRef, StableHloEmitter } from '../primitive.ts'
import type { Var } from '../program.ts'

/** A lowering written as IR: builds equations on the operands and emits them in place. */
export function inlined(
  e: StableHloEmitter,
  operands: readonly HloRef[],
  build: (b: Builder, operands: readonly Var[]) => Var,
): HloRef {
  const b = new Builder()
  const params = operands.map((x, i) => b.input(String(i), x.type))
  const result = build(b, params)
  return e.inline({ name: 'form', params, equations: b.equations, results: [result] }, operands)[0]!
}
