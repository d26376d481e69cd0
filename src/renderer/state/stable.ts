import type { CheckedGraph, CheckedNode } from '../../graph/check.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'

type Faults = ReadonlyMap<string, readonly Diagnostic[]>

/**
 * The same result with every part that says what it said before being the same object: a node card is drawn
 * again only when its own data changes.
 */
export function stable(old: CheckedGraph, now: CheckedGraph): CheckedGraph {
  const nodes = new Map<string, CheckedNode>()
  for (const [id, node] of now.nodes) {
    const before = old.nodes.get(id)
    nodes.set(id, before && equal(before, node) ? before : node)
  }
  const types = new Map([...now.types].map(([wire, type]) => [wire, kept(old.types.get(wire), type)]))
  return { ...now, nodes, types }
}

/** Diagnostics by node id, those of the whole file under ''. */
export function faultsByNode(diagnostics: readonly Diagnostic[], old: Faults = new Map()): Faults {
  const faults = new Map<string, Diagnostic[]>()
  for (const d of diagnostics) {
    // What is wrong inside a subgraph shows on its node.
    const node = d.node?.split('/')[0] ?? ''
    const list = faults.get(node)
    if (list) list.push(d)
    else faults.set(node, [d])
  }
  return new Map([...faults].map(([node, list]) => [node, kept(old.get(node), list)]))
}

const kept = <T>(old: T | undefined, now: T): T => (old !== undefined && equal(old, now) ? old : now)

/** Deeply equal; what is the same object costs nothing. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    k => Object.hasOwn(b, k) && equal((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]),
  )
}
