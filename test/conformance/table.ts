import { Builder } from '../../src/ir/builder.ts'
import * as ops from '../../src/ir/ops/index.ts'
import type { Case, Params, Primitive } from '../../src/ir/primitive.ts'
import type { Var } from '../../src/ir/program.ts'
import type { RefTensor } from '../../src/ir/reference.ts'
import { isFloat } from '../../src/ir/types.ts'
import { caseValues, seeded } from './values.ts'

/** Every primitive, as the registry exports them. */
export const primitives: readonly Primitive<Params>[] = Object.values<unknown>(ops as never).map(
  p => p as Primitive<Params>,
)

/** A small computation on given values, run on every backend and compared with the reference. */
export interface Entry {
  readonly name: string
  readonly values: readonly RefTensor[]
  readonly build: (b: Builder, ins: readonly Var[]) => readonly Var[]
  /** Largest allowed error relative to max(1, |reference|); 0 for exact. */
  readonly tol: number
  /** Whether its gradient is compared too. */
  readonly differentiable: boolean
}

export const DEFAULT_TOLERANCE = 1e-5

/** `gather 2: f32[6], u32[4]`. */
const nameOf = (prim: Primitive<Params>, row: Case<Params>, i: number): string =>
  `${prim.name} ${i}: ${row.in.map(x => (typeof x === 'string' ? x : x.type)).join(', ')}`

/** The case tables of all primitives, with seeded values. */
export const primitiveEntries: readonly Entry[] = primitives.flatMap((prim, stream) =>
  prim.cases.map((row, i) => {
    const values = caseValues(row.in, seeded(1 + i, stream))
    const types = values.map(v => v.type)
    const build: Entry['build'] = row.build ?? ((b, ins) => b.apply(prim, ins, row.params ?? {}))
    const scratch = new Builder()
    const [result] = build(
      scratch,
      types.map((t, k) => scratch.input(`x${k}`, t)),
    )
    return {
      name: nameOf(prim, row, i),
      values,
      build,
      tol: row.tol ?? DEFAULT_TOLERANCE,
      differentiable:
        typeof prim.vjp === 'function' && types.some(t => isFloat(t.dtype)) && isFloat(result!.type.dtype),
    }
  }),
)
