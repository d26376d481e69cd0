import {
  type DefJson,
  defOf,
  type GraphDocument,
  type NodeJson,
  REROUTE,
  splitWire,
  type Wire,
  wiresOf,
} from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import type { PortType } from '../../graph/types.ts'

type Types = ReadonlyMap<Wire, PortType>
type Nodes = Readonly<Record<string, NodeJson>>

/** Subgraphs in subgraphs are followed this far. */
const DEEPEST = 16

let last: { readonly doc: GraphDocument; readonly types: Types; readonly result: Types } | undefined

/**
 * What the checker says of wires, and of those that it never sees: from a reroute, and from a node that uses a
 * subgraph.
 */
export function wireTypes(doc: GraphDocument, types: Types): Types {
  if (last?.doc === doc && last.types === types) return last.result
  const found = new Map(types)
  for (const [id, node] of Object.entries(doc.nodes)) {
    const ports = node.type === REROUTE ? ['out'] : Object.keys(defFor(doc, node)?.out ?? {})
    for (const port of ports) {
      const type = typeOf(doc, types, `${id}.${port}`)
      if (type) found.set(`${id}.${port}`, type)
    }
  }
  last = { doc, types, result: found }
  return found
}

const defFor = (doc: GraphDocument, node: NodeJson): DefJson | undefined => {
  const name = defOf(node.type)
  return name === undefined ? undefined : own(doc.defs, name)
}

/** Where a node is looked for: its graph's nodes, the path there, and how its graph's inputs are wired. */
interface Place {
  readonly nodes: Nodes
  readonly prefix: string
  readonly outer?: { readonly place: Place; readonly use: NodeJson }
}

function typeOf(doc: GraphDocument, types: Types, start: Wire): PortType | undefined {
  let wire: Wire | undefined = start
  let place: Place = { nodes: doc.nodes, prefix: '' }
  for (let steps = 0; wire !== undefined && steps < DEEPEST * 8; steps++) {
    if (wire.startsWith('@') && place.outer) {
      wire = wiresOf(own(place.outer.use.in, wire.slice(1)))[0]
      place = place.outer.place
      continue
    }
    const known = types.get(place.prefix + wire)
    if (known) return known
    const { node: id, port } = splitWire(wire)
    const node: NodeJson | undefined = own(place.nodes, id)
    if (!node) return undefined
    const def = defFor(doc, node)
    if (node.type === REROUTE) wire = wiresOf(own(node.in, 'in'))[0]
    else if (def) {
      wire = own(def.out, port)
      place = { nodes: def.nodes, prefix: `${place.prefix}${id}/`, outer: { place, use: node } }
    } else return undefined
  }
  return undefined
}
