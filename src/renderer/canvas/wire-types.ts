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
      const type = lookUp(placeAt(doc, []), `${id}.${port}`, doc, wire => types.get(wire))
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

/** The graph itself, or the subgraph in it that these nodes lead into. */
function placeAt(doc: GraphDocument, scope: readonly string[]): Place {
  let place: Place = { nodes: doc.nodes, prefix: '' }
  for (const id of scope) {
    const use = own(place.nodes, id)
    const def = use && defFor(doc, use)
    if (!def) break
    place = { nodes: def.nodes, prefix: `${place.prefix}${id}/`, outer: { place, use } }
  }
  return place
}

/**
 * What is told of a wire that the canvas shows, by the wire that the engine sees in its place: behind reroutes, in the
 * subgraph that a node uses, outside of the one that is shown.
 */
export function toldOf<T>(
  { document, scope }: { readonly document: GraphDocument; readonly scope: readonly string[] },
  wire: Wire,
  told: (wire: Wire) => T | undefined,
): T | undefined {
  const input = `${INPUTS}.`
  const start = wire.startsWith(input) ? `@${wire.slice(input.length)}` : wire
  return lookUp(placeAt(document, scope), start, document, told)
}

/** The wire of the run that a wire stands for, as it is called within the subgraphs of `scope`. */
export const flatWire = (
  document: GraphDocument,
  types: Types,
  scope: readonly string[],
  wire: Wire,
): Wire | undefined => toldOf({ document, scope }, wire, of => (types.has(of) ? of : undefined))

/** What a bypassed node passes on at an output; undefined where that depends on who reads it. */
function passedOn(node: NodeJson, port: string): Wire | undefined {
  const inputs = Object.values(node.in)
  return wiresOf(own(node.in, port) ?? (inputs.length === 1 ? inputs[0] : undefined))[0]
}

function lookUp<T>(
  start: Place,
  from: Wire,
  doc: GraphDocument,
  told: (wire: Wire) => T | undefined,
): T | undefined {
  let wire: Wire | undefined = from
  let place = start
  for (let steps = 0; wire !== undefined && steps < DEEPEST * 8; steps++) {
    if (wire.startsWith('@') && place.outer) {
      wire = wiresOf(own(place.outer.use.in, wire.slice(1)))[0]
      place = place.outer.place
      continue
    }
    const known = told(place.prefix + wire)
    if (known !== undefined) return known
    const { node: id, port } = splitWire(wire)
    const node: NodeJson | undefined = own(place.nodes, id)
    if (!node) return undefined
    const def = defFor(doc, node)
    if (node.type === REROUTE) wire = wiresOf(own(node.in, 'in'))[0]
    else if (node.mode === 'bypassed') wire = passedOn(node, port)
    else if (def) {
      wire = own(def.out, port)
      place = { nodes: def.nodes, prefix: `${place.prefix}${id}/`, outer: { place, use: node } }
    } else return undefined
  }
  return undefined
}
