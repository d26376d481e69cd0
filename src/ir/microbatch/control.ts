import type { ScanParams } from '../ops/scan.ts'
import type { Pair } from './compare.ts'
import { isExact, join, type Parts, rows } from './parts.ts'

type ControlRule = (pair: Pair) => readonly Parts[] | undefined

const plain: ControlRule = ({ ins, inside }) => inside(0, ins)

/** One result for each operand. */
const barrier: ControlRule = ({ ins }) => ins

/** Both branches give something of the same kind, and the choice is the same for every part. */
const cond: ControlRule = ({ ins, inside }) => {
  const [condition, ...outside] = ins
  if (condition!.kind !== 'uniform' || !isExact(condition!)) return undefined
  const other = inside(1, outside)
  const found = inside(0, outside).map((p, i) => join(p, other[i]!))
  return found.every(p => p !== undefined) ? (found as Parts[]) : undefined
}

/** A loop over anything but the rows; what is carried stays of one kind from step to step. */
const scan: ControlRule = ({ eq, part, ins, inside }) => {
  const { carries, xs, length } = eq.params as unknown as ScanParams
  if (length !== (part.params as unknown as ScanParams).length) return undefined
  const along = ins.slice(carries, carries + xs)
  if (along.some(p => p.kind === 'position' || (p.kind === 'rows' && p.axis === 0))) return undefined
  const slices = along.map(p => (p.kind === 'rows' ? rows(p.axis - 1, p.degree) : p))
  let carried = ins.slice(0, carries)
  for (;;) {
    const results = inside(0, [...carried, ...slices, ...ins.slice(carries + xs)])
    const next = carried.map((p, i) => join(p, results[i]!))
    if (next.some(p => p === undefined)) return undefined
    if (JSON.stringify(next, kindOnly) === JSON.stringify(carried, kindOnly)) {
      const stacked = results.slice(carries).map(p => (p.kind === 'rows' ? rows(p.axis + 1, p.degree) : p))
      return [...(next as Parts[]), ...stacked]
    }
    carried = next as Parts[]
  }
}

const kindOnly = (key: string, value: unknown): unknown => (key === 'by' ? undefined : value)

/** How often it goes round may depend on what it is given, so it must be given the same. */
const whileLoop: ControlRule = ({ eq, ins }) =>
  ins.every(p => p.kind === 'uniform' && isExact(p))
    ? eq.outs.map(() => ({ kind: 'uniform', degree: 0 }) as const)
    : undefined

/** Equations with regions or with a result for each operand. */
export const controlRules: Readonly<Record<string, ControlRule>> = {
  remat: plain,
  custom_vjp: plain,
  optimization_barrier: barrier,
  cond,
  scan,
  while: whileLoop,
}
