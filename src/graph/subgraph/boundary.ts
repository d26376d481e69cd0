import { type DefJson, type GraphDocument, type NodeJson, type Wire, wiresOf } from '../document.ts'
import { own } from '../own.ts'

/**
 * A subgraph is edited as a graph of its own: its inputs are the outputs of the node `@in` (a wire `@image` is written
 * `@in.image` there), its outputs are the inputs of the node `@out`. Edits of wires at these two add and remove ports.
 */
export const INPUTS = '@in'
export const OUTPUTS = '@out'
export const isBoundary = (id: string): boolean => id === INPUTS || id === OUTPUTS

type Wires = NodeJson['in'][string]

const mapWires = (given: Wires, change: (wire: Wire) => Wire): Wires =>
  typeof given === 'string' ? change(given) : given.map(change)

const rewired = (node: NodeJson, fits: (wire: Wire) => boolean, change: (wire: Wire) => Wire): NodeJson => {
  if (!Object.values(node.in).some(given => wiresOf(given).some(fits))) return node
  const wired = Object.entries(node.in).map(([port, given]) => [port, mapWires(given, change)] as const)
  return { ...node, in: Object.fromEntries(wired) }
}

const opened = (wire: Wire): Wire => (wire.startsWith('@') ? `${INPUTS}.${wire.slice(1)}` : wire)
const INSIDE = `${INPUTS}.`
const closed = (wire: Wire): Wire => (wire.startsWith(INSIDE) ? `@${wire.slice(INSIDE.length)}` : wire)

/** The subgraph as a graph, with the document's other subgraphs. */
export function openDef(doc: GraphDocument, name: string): GraphDocument | undefined {
  const def = own(doc.defs, name)
  if (!def) return undefined
  const inner = Object.entries(def.nodes).map(
    ([id, node]) => [id, rewired(node, w => w.startsWith('@'), opened)] as const,
  )
  const out = Object.entries(def.out).map(([port, wire]) => [port, opened(wire)] as const)
  return {
    ...doc,
    nodes: {
      [INPUTS]: { type: INPUTS, v: 1, params: { ports: def.in }, in: {} },
      ...Object.fromEntries(inner),
      [OUTPUTS]: { type: OUTPUTS, v: 1, params: {}, in: Object.fromEntries(out) },
    },
    view: def.view ?? {},
    groups: def.groups,
    watches: undefined,
    lock: {},
  }
}

/** The document with the subgraph as it was edited; what did not change is the same object. */
export function closeDef(doc: GraphDocument, name: string, inner: GraphDocument): GraphDocument {
  const def = doc.defs[name]!
  const { [INPUTS]: inputs, [OUTPUTS]: outputs, ...rest } = inner.nodes
  const nodes = Object.entries(rest).map(([id, node]) => {
    const now = rewired(node, w => w.startsWith(INSIDE), closed)
    const before = own(def.nodes, id)
    return [id, before && same(before, now) ? before : now] as const
  })
  const named = (inputs?.params.ports ?? []) as readonly string[]
  const wires = [...Object.values(rest), ...(outputs ? [outputs] : [])].flatMap(n =>
    Object.values(n.in).flatMap(w => wiresOf(w)),
  )
  const read = wires.flatMap(w => (w.startsWith(INSIDE) ? [w.slice(INSIDE.length)] : []))
  const { view: _view, groups: _groups, ...bare } = def
  const next: DefJson = {
    ...bare,
    in: [...new Set([...named, ...read])],
    out: Object.fromEntries(
      Object.entries(outputs?.in ?? {}).map(([port, w]) => [port, closed(wiresOf(w)[0]!)] as const),
    ),
    nodes: Object.fromEntries(nodes),
    ...(Object.keys(inner.view).length > 0 && { view: inner.view }),
    ...(inner.groups && { groups: inner.groups }),
  }
  const kept = sameOrder(def, next) && same(def, next)
  if (kept && inner.defs === doc.defs) return doc
  return { ...doc, defs: { ...inner.defs, [name]: kept ? def : next } }
}

const same = (a: unknown, b: unknown): boolean =>
  a === b || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

const sorted = (v: unknown): unknown => {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) return v
  return Object.entries(v)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, sorted(value)])
}

const sameOrder = (a: DefJson, b: DefJson): boolean =>
  Object.keys(a.nodes).join() === Object.keys(b.nodes).join()
