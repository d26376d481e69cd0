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
import { INPUTS } from '../../graph/subgraph/boundary.ts'
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

const typeOf = (doc: GraphDocument, types: Types, wire: Wire): PortType | undefined =>
  types.get(followed(doc, types, wire, { nodes: doc.nodes, prefix: '' }) ?? '')

/** The wire of the run that a wire stands for, as it is called within the subgraphs of `scope`. */
export function flatWire(
  doc: GraphDocument,
  types: Types,
  scope: readonly string[],
  wire: Wire,
): Wire | undefined {
  let place: Place = { nodes: doc.nodes, prefix: '' }
  for (const id of scope) {
    const use: NodeJson | undefined = own(place.nodes, id)
    const def = use && defFor(doc, use)
    if (!def) return undefined
    place = { nodes: def.nodes, prefix: `${place.prefix}${id}/`, outer: { place, use } }
  }
  const opened = `${INPUTS}.`
  return followed(doc, types, wire.startsWith(opened) ? `@${wire.slice(opened.length)}` : wire, place)
}

/** From a wire, through reroutes and subgraphs, to one that the checker knows. */
function followed(doc: GraphDocument, types: Types, start: Wire, from: Place): Wire | undefined {
  let wire: Wire | undefined = start
  let place = from
  for (let steps = 0; wire !== undefined && steps < DEEPEST * 8; steps++) {
    if (wire.startsWith('@') && place.outer) {
      wire = wiresOf(own(place.outer.use.in, wire.slice(1)))[0]
      place = place.outer.place
      continue
    }
    if (types.has(place.prefix + wire)) return place.prefix + wire
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
