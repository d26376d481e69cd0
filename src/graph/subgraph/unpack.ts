import { CommandFault } from '../command-fault.ts'
import {
  type DefJson,
  defOf,
  type GraphDocument,
  type Groups,
  type NodeJson,
  splitWire,
  type Wire,
  wiresOf,
} from '../document.ts'
import { own } from '../own.ts'
import { type Edited, editGraph } from './edit-graph.ts'
import { freshName, headOf, renameReferences, rewire } from './rename.ts'

export interface Unpacked {
  readonly document: GraphDocument
  /** The nodes that came out. */
  readonly ids: readonly string[]
}

/**
 * Puts the nodes of a subgraph in the place of a node that uses it: the opposite of making one. The subgraph stays.
 * `within`: that node is in this subgraph.
 */
export function unpackSubgraph(doc: GraphDocument, id: string, within?: string): Unpacked {
  const { document, ids } = editGraph(doc, within, graph => takeOut(graph, id))
  return { document, ids }
}

function takeOut(doc: GraphDocument, id: string): Unpacked & Edited {
  const use = own(doc.nodes, id)
  const name = use && defOf(use.type)
  const def = name === undefined ? undefined : own(doc.defs, name)
  if (!use || !def) throw new CommandFault(`"${id}" is no subgraph`, id)
  const taken = new Set(Object.keys(doc.nodes).filter(other => other !== id))
  const names = new Map<string, string>()
  for (const inner of Object.keys(def.nodes)) {
    const fresh = freshName(inner, taken)
    taken.add(fresh)
    names.set(inner, fresh)
  }
  const given = (port: string): readonly Wire[] => wiresOf(own(use.in, port))
  const inward = (wire: Wire): readonly Wire[] => {
    if (wire.startsWith('@')) return given(wire.slice(1))
    const { node, port } = splitWire(wire)
    return [`${names.get(node) ?? node}.${port}`]
  }
  const outward = (wire: Wire): readonly Wire[] => {
    const { node, port } = splitWire(wire)
    const from = node === id ? own(def.out, port) : undefined
    return from === undefined ? (node === id ? [] : [wire]) : inward(from)
  }
  const inner = Object.entries(def.nodes).map(([key, node]): [string, NodeJson] => {
    const params = renameReferences(substitute(node.params, def, use), path => {
      const [head, rest] = headOf(path)
      return (names.get(head) ?? head) + rest
    })
    const mode = use.mode ?? node.mode
    const { mode: _mode, ...bare } = node
    return [names.get(key)!, { ...bare, ...(mode && { mode }), params, in: rewire(node, inward) }]
  })
  const unpacked = (path: string): string => {
    const [head, rest] = headOf(path)
    if (head !== id || rest === '') return path
    const [first, further] = headOf(rest.slice(1))
    return (names.get(first) ?? first) + further
  }
  const outer = (node: NodeJson): NodeJson => ({
    ...node,
    params: renameReferences(node.params, unpacked),
    in: rewire(node, outward),
  })
  const nodes = Object.entries(doc.nodes).flatMap(([key, node]): [string, NodeJson][] =>
    key === id ? inner : [[key, outer(node)]],
  )
  const groups = unpackedGroups(doc.groups, def.groups, id, names)
  const { groups: _groups, ...bare } = doc
  const document: GraphDocument = {
    ...bare,
    nodes: Object.fromEntries(nodes),
    view: unpackedView(doc, def, id, names),
    ...(groups && { groups }),
  }
  return { document, ids: [...names.values()], moved: unpacked }
}

/** Parameters as the use gives them, else by their defaults. */
function substitute(params: NodeJson['params'], def: DefJson, use: NodeJson): NodeJson['params'] {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const key = own(value as Record<string, unknown>, '$param')
    if (typeof key === 'string') return own(use.params, key) ?? own(def.params, key) ?? null
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v)]))
  }
  return walk(params) as NodeJson['params']
}

function unpackedView(
  doc: GraphDocument,
  def: DefJson,
  id: string,
  names: ReadonlyMap<string, string>,
): GraphDocument['view'] {
  const { [id]: at = [0, 0], ...rest } = doc.view
  const placed = Object.entries(def.view ?? {}).flatMap(([key, place]) => {
    const name = names.get(key)
    return name ? [[name, place] as const] : []
  })
  // Their corner comes where the use stood, wherever they were moved inside.
  const left = Math.min(...placed.map(([, [x]]) => x))
  const top = Math.min(...placed.map(([, [, y]]) => y))
  const places = placed.map(([name, [x, y]]) => [name, [at[0] + x - left, at[1] + y - top]] as const)
  return { ...rest, ...Object.fromEntries(places) }
}

function unpackedGroups(
  outer: Groups | undefined,
  inner: Groups | undefined,
  id: string,
  names: ReadonlyMap<string, string>,
): Groups | undefined {
  const found: Record<string, Groups[string]> = {}
  const grouped = new Set(Object.values(inner ?? {}).flatMap(group => group.nodes))
  // A node is in one group: those that are in one inside stay in it.
  const loose = [...names].flatMap(([key, name]) => (grouped.has(key) ? [] : [name]))
  for (const [key, group] of Object.entries(outer ?? {}))
    found[key] = group.nodes.includes(id)
      ? {
          ...group,
          nodes: group.nodes.flatMap(one => (one === id ? loose : [one])),
        }
      : group
  for (const [key, group] of Object.entries(inner ?? {})) {
    const nodes = group.nodes.flatMap(one => names.get(one) ?? [])
    found[freshName(key, new Set(Object.keys(found)))] = { ...group, nodes }
  }
  const kept = Object.entries(found).filter(([, group]) => group.nodes.length > 0)
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
