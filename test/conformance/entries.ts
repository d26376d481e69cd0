import type { Builder } from '../../src/ir/builder.ts'
import type { Var } from '../../src/ir/program.ts'
import { isFloat, parseType } from '../../src/ir/types.ts'
import { DEFAULT_TOLERANCE, type Entry } from './table.ts'
import { caseValues, rounded, seeded } from './values.ts'

type Build = Entry['build']
export type Values = readonly number[]

/** Exact results for given special values. */
export const exact = (name: string, ins: readonly (readonly [string, Values])[], build: Build): Entry => ({
  name,
  values: ins.map(([type, values]) => rounded(parseType(type), values)),
  build,
  tol: 0,
  differentiable: false,
})

/** A computation on given values, compared with the gradient of its first result. */
export const given = (name: string, ins: readonly (readonly [string, Values])[], build: Build): Entry => ({
  ...exact(name, ins, build),
  tol: DEFAULT_TOLERANCE,
  differentiable: true,
})

/** A computation on seeded random values, compared with its gradient. */
export const smooth = (
  name: string,
  ins: readonly string[],
  build: (b: Builder, ins: readonly Var[]) => Var,
): Entry => {
  const values = caseValues(ins, seeded(99, name.length))
  const float = values.some(v => isFloat(v.type.dtype))
  return {
    name,
    values,
    build: (b, xs) => [build(b, xs)],
    tol: DEFAULT_TOLERANCE,
    differentiable: float,
  }
}
