import type { Equation, Var } from '../../ir/program.ts'
import { byteLength } from '../../ir/types.ts'

/** What a compiler makes again where it is read, or that is another view of its operand. */
const VIEWS: ReadonlySet<string> = new Set(['broadcast', 'convert', 'reshape', 'stop_gradient', 'transpose'])
const MADE_ANYWHERE: ReadonlySet<string> = new Set(['constant', 'iota'])

/**
 * Bytes of the forward pass's values that its backward pass reads, by the graph node that made them: what has to be
 * kept in between. A value that is only another view of one counts once; what comes into the program from outside
 * (weights, the batch) is there anyway. Compilers keep somewhat less, or more: they fuse, and compute again what is
 * cheap.
 */
export function keptBytes(
  forward: readonly Equation[],
  backward: readonly Equation[],
): ReadonlyMap<string, number> {
  const madeBy = new Map<Var, Equation>()
  for (const eq of forward) for (const v of eq.outs) madeBy.set(v, eq)
  const kept = new Set<Var>()
  for (const eq of backward)
    for (const v of eq.ins) {
      const source = sourceOf(v, madeBy)
      if (source) kept.add(source)
    }
  const bytes = new Map<string, number>()
  for (const v of kept) {
    const origin = madeBy.get(v)!.origin ?? ''
    bytes.set(origin, (bytes.get(origin) ?? 0) + byteLength(v.type))
  }
  return bytes
}

/** The value behind views of it; undefined for what is not made in the forward pass, or as easily made anywhere. */
function sourceOf(v: Var, madeBy: ReadonlyMap<Var, Equation>): Var | undefined {
  for (let at = v; ; ) {
    const eq = madeBy.get(at)
    if (!eq || MADE_ANYWHERE.has(eq.prim.name)) return undefined
    if (!VIEWS.has(eq.prim.name)) return at
    at = eq.ins[0]!
  }
}
