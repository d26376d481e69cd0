import type { GraphDocument, Wire } from '../../graph/document.ts'
import { expandDefs } from '../../graph/expand.ts'
import { registry } from '../../nodes/index.ts'

/** Nodes whose columns only the engine knows, by their dataset's wire, each with all that its columns depend on. */
export function sourcesOf(doc: GraphDocument): ReadonlyMap<Wire, string> {
  const sources = new Map<Wire, string>()
  for (const [id, { type, v, params, mode }] of expandDefs(doc).nodes) {
    if (mode === 'muted') continue
    const def = registry.get(type)
    if (def?.kind === 'host' && def.peek) sources.set(`${id}.dataset`, JSON.stringify([type, v, params]))
  }
  return sources
}
