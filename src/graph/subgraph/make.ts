import { CommandFault } from '../command-fault.ts'
import {
  type DefJson,
  defType,
  type GraphDocument,
  type Groups,
  ID,
  type NodeJson,
  type Places,
  references,
  splitWire,
  type Wire,
  wiresOf,
} from '../document.ts'
import { own } from '../own.ts'
import { INPUTS, isBoundary } from './boundary.ts'
import { type Edited, editGraph } from './edit-graph.ts'
import { freshName, headOf, producerOf, renameReferences, rewire } from './rename.ts'

export interface Made {
  readonly document: GraphDocument
  /** The node that stands for the nodes now. */
  readonly use: string
}

/**
 * Puts nodes of a graph into a subgraph `name`, with one node `name` in their place. A wire that comes from outside
 * makes an input, one that leads outside an output; what is meant stays the same, but weights are now called
 * `name/node/…`. Throws a `CommandFault` where a node inside would refer to one that stays outside. `within`: the nodes
 * are those of this subgraph.
 */
export function makeSubgraph(
  doc: GraphDocument,
  ids: readonly string[],
  name: string,
  within?: string,
): Made {
  const { document, use } = editGraph(doc, within, graph => putInside(graph, ids, name))
  return { document, use }
}

function putInside(doc: GraphDocument, ids: readonly string[], name: string): Made & Edited {
  const inside = new Set(ids.filter(id => own(doc.nodes, id) && !isBoundary(id)))
  if (inside.size === 0) throw new CommandFault('a subgraph needs at least one node')
  if (!ID.test(name)) throw new CommandFault(`"${name}" is no name: lower-case letters, digits and _`)
  if (own(doc.defs, name)) throw new CommandFault(`there is a subgraph "${name}" already`)
  const use = freshName(name, new Set(Object.keys(doc.nodes)))
  const ports = new Ports(inside)
  const inner: Record<string, NodeJson> = {}
  for (const [id, node] of Object.entries(doc.nodes)) {
    if (!inside.has(id)) continue
    for (const ref of references(node.params))
      if (!inside.has(headOf(ref.node)[0]))
        throw new CommandFault(`"${id}" refers to "${ref.node}", which is not selected: select both`, id)
    const wired = Object.entries(node.in).map(([port, given]) => {
      const change = (wire: Wire) => ports.entering(wire, port)
      return [port, typeof given === 'string' ? change(given) : given.map(change)] as const
    })
    inner[id] = { ...node, in: Object.fromEntries(wired) }
  }
  const moved = (path: string): string => (inside.has(headOf(path)[0]) ? `${use}/${path}` : path)
  const outer: Record<string, NodeJson> = {}
  for (const [id, node] of Object.entries(doc.nodes)) {
    if (inside.has(id)) continue
    const left = Object.values(node.in).some(w => wiresOf(w).some(one => inside.has(producerOf(one))))
    const wired = left ? rewire(node, wire => [ports.leaving(wire, use)]) : node.in
    const params = references(node.params).some(r => inside.has(headOf(r.node)[0]))
      ? renameReferences(node.params, moved)
      : node.params
    outer[id] = wired === node.in && params === node.params ? node : { ...node, params, in: wired }
  }
  const given = parametersOf(inner)
  const { places, corner } = placesOf(doc.view, inside)
  const groups = groupsOf(doc.groups, inside)
  const def: DefJson = {
    params: Object.fromEntries(given.map(key => [key, null])),
    in: [...ports.inputs.values()],
    out: Object.fromEntries([...ports.outputs].map(([wire, port]) => [port, wire])),
    nodes: inner,
    ...(Object.keys(places).length > 0 && { view: places }),
    ...(groups.inner && { groups: groups.inner }),
  }
  const wired = [...ports.inputs].map(([wire, port]) => [port, wire] as const)
  const node: NodeJson = {
    type: defType(name),
    v: 1,
    params: Object.fromEntries(given.map(key => [key, { $param: key }])),
    in: Object.fromEntries(wired),
  }
  const view = Object.entries(doc.view).filter(([id]) => !inside.has(id))
  const { groups: _groups, ...bare } = doc
  const document: GraphDocument = {
    ...bare,
    nodes: insertAt(outer, doc.nodes, inside, use, node),
    defs: { ...doc.defs, [name]: def },
    view: { ...Object.fromEntries(view), ...(corner && { [use]: corner }) },
    ...(groups.outer && { groups: groups.outer }),
    lock: lockWithout(doc.lock, inside),
  }
  return { document, use, moved }
}

/** The ports of a subgraph while it is made: one input for each wire that enters, one output for each that leaves. */
class Ports {
  readonly inputs = new Map<Wire, string>()
  readonly outputs = new Map<Wire, string>()
  private readonly inside: ReadonlySet<string>

  constructor(inside: ReadonlySet<string>) {
    this.inside = inside
  }

  entering(wire: Wire, port: string): Wire {
    if (this.inside.has(producerOf(wire))) return wire
    const known = this.inputs.get(wire)
    if (known) return `@${known}`
    // An input of a subgraph is a name; the port of a Batch may be any text.
    const from = splitWire(wire)
    const wish = from.node === INPUTS ? from.port : port
    const name = freshName(ID.test(wish) ? wish : 'input', new Set(this.inputs.values()))
    this.inputs.set(wire, name)
    return `@${name}`
  }

  leaving(wire: Wire, use: string): Wire {
    const { node, port } = splitWire(wire)
    if (!this.inside.has(node)) return wire
    const taken = new Set(this.outputs.values())
    const name = this.outputs.get(wire) ?? (taken.has(port) ? freshName(`${node}_${port}`, taken) : port)
    this.outputs.set(wire, name)
    return `${use}.${name}`
  }
}

/** Parameters of the subgraph around that these nodes read: the new one passes them on. */
function parametersOf(nodes: Readonly<Record<string, NodeJson>>): string[] {
  const found = new Set<string>()
  const walk = (v: unknown): void => {
    if (typeof v !== 'object' || v === null) return
    const name = own(v as Record<string, unknown>, '$param')
    if (typeof name === 'string') found.add(name)
    else for (const one of Object.values(v)) walk(one)
  }
  for (const { params } of Object.values(nodes)) walk(params)
  return [...found]
}

/** The use stands where the first of its nodes stood, so that a diff shows what became of them. */
function insertAt(
  outer: Readonly<Record<string, NodeJson>>,
  before: Readonly<Record<string, NodeJson>>,
  inside: ReadonlySet<string>,
  use: string,
  node: NodeJson,
): Record<string, NodeJson> {
  let placed = false
  const entries = Object.keys(before).flatMap((id): [string, NodeJson][] => {
    if (!inside.has(id)) return [[id, outer[id]!]]
    if (placed) return []
    placed = true
    return [[use, node]]
  })
  return Object.fromEntries(entries)
}

function placesOf(view: Places, inside: ReadonlySet<string>) {
  const placed = Object.entries(view).filter(([id]) => inside.has(id))
  if (placed.length === 0) return { places: {}, corner: undefined }
  const left = Math.min(...placed.map(([, at]) => at[0]))
  const top = Math.min(...placed.map(([, at]) => at[1]))
  const places = placed.map(([id, [x, y]]): [string, readonly [number, number]] => [id, [x - left, y - top]])
  return {
    places: Object.fromEntries(places),
    corner: [left, top] as readonly [number, number],
  }
}

/** Groups of which all nodes go inside go with them; from others what is inside is taken out. */
function groupsOf(groups: Groups | undefined, inside: ReadonlySet<string>) {
  const all = Object.entries(groups ?? {})
  const whole = all.filter(([, g]) => g.nodes.every(id => inside.has(id)))
  const rest = all.flatMap(([id, g]): [string, Groups[string]][] => {
    const nodes = g.nodes.filter(one => !inside.has(one))
    return nodes.length > 0 ? [[id, { ...g, nodes }]] : []
  })
  const some = (list: typeof all) => (list.length > 0 ? Object.fromEntries(list) : undefined)
  return { inner: some(whole), outer: some(rest) }
}

function lockWithout(lock: GraphDocument['lock'], inside: ReadonlySet<string>): GraphDocument['lock'] {
  if (!lock.schemas) return lock
  const schemas = Object.entries(lock.schemas).filter(([wire]) => !inside.has(headOf(producerOf(wire))[0]))
  return { ...lock, schemas: Object.fromEntries(schemas) }
}
