import type { CheckedGraph } from '../graph/check.ts'
import { splitWire, wiresOf } from '../graph/document.ts'

/** These nodes and all that they read, directly or not. */
export function upstreamOf(graph: CheckedGraph, ids: Iterable<string>): Set<string> {
  const found = new Set<string>()
  const visit = (id: string): void => {
    if (found.has(id)) return
    found.add(id)
    for (const wires of Object.values(graph.nodes.get(id)?.json.in ?? {}))
      for (const w of wiresOf(wires)) visit(splitWire(w).node)
  }
  for (const id of ids) visit(id)
  return found
}
