import type { Draft } from 'immer'
import { type GraphDocument, splitWire, wiresOf } from './document.ts'
import { leaveGroups } from './groups.ts'
import { setWatches } from './watches.ts'

/** Takes nodes out, with every wire from them and watch of one, references to them, places and last known schemas. */
export function removeNodes(doc: Draft<GraphDocument>, ids: ReadonlySet<string>): void {
  // `tower/vision` is in the subgraph that `tower` is made of.
  const gone = (path: string) => ids.has(path.split('/')[0]!)
  for (const id of ids) {
    delete doc.nodes[id]
    delete doc.view[id]
  }
  const watches = doc.watches?.filter(w => !gone(splitWire(w.wire).node))
  if (watches && watches.length < doc.watches!.length) setWatches(doc, watches)
  leaveGroups(doc, ids)
  for (const wire of Object.keys(doc.lock.schemas ?? {}))
    if (gone(splitWire(wire).node)) delete doc.lock.schemas![wire]
  for (const node of Object.values(doc.nodes)) {
    for (const [port, wires] of Object.entries(node.in)) {
      const left = wiresOf(wires).filter(w => !gone(splitWire(w).node))
      if (left.length === wiresOf(wires).length) continue
      if (left.length === 0) delete node.in[port]
      else node.in[port] = left
    }
    dropReferences(node.params, gone)
  }
}

const refersTo = (value: unknown, gone: (node: string) => boolean): boolean => {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '$node')) return false
  const { $node } = value as { $node: unknown }
  return typeof $node === 'string' && gone($node)
}

/** Takes every `{ "$node": id }` of a node that is gone out of what holds it. */
function dropReferences(value: unknown, gone: (node: string) => boolean): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (let i = value.length - 1; i >= 0; i--) {
      if (refersTo(value[i], gone)) value.splice(i, 1)
      else dropReferences(value[i], gone)
    }
    return
  }
  const held = value as Record<string, unknown>
  for (const [key, inner] of Object.entries(held)) {
    if (refersTo(inner, gone)) delete held[key]
    else dropReferences(inner, gone)
  }
}
