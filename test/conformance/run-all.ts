import { pullback } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import type { Program } from '../../src/ir/program.ts'
import type { RefTensor } from '../../src/ir/reference.ts'
import { showType } from '../../src/ir/types.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { hostArray, toNumbers } from '../../src/runtime/host-array.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { DEFAULT_TOLERANCE, type Entry } from './table.ts'
import { randomTensor, seeded } from './values.ts'

/** What a backend made of one entry: empty where it agrees with the reference. */
export type Report = ReadonlyMap<string, readonly string[]>

/** All entries, and the gradients of the differentiable ones, in one program: one compile for all. */
export interface Suite {
  readonly program: Program
  readonly values: readonly RefTensor[]
  /** For each output of the program: its entry, what it is, and its tolerance. */
  readonly outputs: readonly { readonly entry: string; readonly what: string; readonly tol: number }[]
}

/** Where results are exact their gradients may still be sums, which bf16 rounds by some 2⁻⁸. */
const gradientTolerance = ({ values, tol }: Entry): number =>
  Math.max(tol || DEFAULT_TOLERANCE, values.some(v => v.type.dtype === 'bf16') ? 0.03 : 0)

export function buildSuite(entries: readonly Entry[]): Suite {
  const b = new Builder()
  const values: RefTensor[] = []
  const outputs: Suite['outputs'][number][] = []
  const input = (value: RefTensor) => {
    values.push(value)
    return b.input(`x${values.length}`, value.type)
  }
  for (const [k, entry] of entries.entries()) {
    const keep = (what: string, tol: number, v: Parameters<Builder['output']>[1]) => {
      outputs.push({ entry: entry.name, what, tol })
      b.output(`y${outputs.length}`, v)
    }
    b.at(entry.name, () => {
      const ins = entry.values.map(input)
      const outs = entry.build(b, ins)
      outs.forEach((y, i) => {
        keep(`result ${i}`, entry.tol, y)
      })
      if (!entry.differentiable) return
      const y = outs[0]!
      const ct = input(randomTensor(y.type, seeded(3, k)))
      pullback(b, y, ct, ins).forEach((g, i) => {
        keep(`gradient ${i}`, gradientTolerance(entry), g)
      })
    })
  }
  const program = b.finish('conformance')
  checkProgram(program)
  return { program, values, outputs }
}

/** Runs every entry on the backend, in one call, and compares it with the float64 reference. */
export async function runAll(backend: Backend, entries: readonly Entry[]): Promise<Report> {
  const { program, values, outputs } = buildSuite(entries)
  const expected = evaluate(program, values)
  const got = await runOnce(backend, program, values)
  const report = new Map<string, string[]>(entries.map(e => [e.name, []]))
  outputs.forEach(({ entry, what, tol }, i) => {
    const problem = difference(expected[i]!, got[i]!, tol)
    if (problem) report.get(entry)!.push(`${what} ${problem}`)
  })
  return report
}

/** Compiles, runs once and frees everything. */
export async function runOnce(
  backend: Backend,
  program: Program,
  values: readonly RefTensor[],
): Promise<RefTensor[]> {
  const executable = await backend.compile(program)
  const args = values.map(v => backend.upload(hostArray(v.type, v.data)))
  const results = await executable.run(args)
  const arrays = await Promise.all(results.map(r => r.toHost()))
  for (const a of [...args, ...results]) a.free()
  executable.free()
  return arrays.map(a => ({ type: a.type, data: toNumbers(a) }))
}

/** The worst element outside the tolerance, relative to max(1, |expected|), or null. */
export function difference(expected: RefTensor, got: RefTensor, tol: number): string | null {
  if (showType(expected.type) !== showType(got.type))
    return `has type ${showType(got.type)} instead of ${showType(expected.type)}`
  const want = toNumbers(hostArray(expected.type, expected.data))
  let worst = { error: tol, at: -1 }
  want.forEach((w, i) => {
    const g = got.data[i]!
    const error = Object.is(w, g) || w === g ? 0 : Math.abs(w - g) / Math.max(1, Math.abs(w))
    const bad = Number.isFinite(error) ? error : Infinity
    if (bad > worst.error) worst = { error: bad, at: i }
  })
  if (worst.at < 0) return null
  return `at ${worst.at} of ${showType(got.type)} is ${got.data[worst.at]}, the reference says ${want[worst.at]}`
}
