import { CommandFault } from '../command-fault.ts'
import { defOf, defType, type GraphDocument, ID, type NodeJson, splitWire, type Wire } from '../document.ts'
import { own } from '../own.ts'
import { rewire } from './rename.ts'

/** Gives a port of a subgraph another name, everywhere; `to` undefined takes it away with the wires at it. */
export function renamePort(
  doc: GraphDocument,
  name: string,
  side: 'in' | 'out',
  from: string,
  to: string | undefined,
): GraphDocument {
  const def = own(doc.defs, name)
  if (!def) throw new CommandFault(`there is no subgraph "${name}"`)
  const there = side === 'in' ? def.in : Object.keys(def.out)
  if (!there.includes(from)) throw new CommandFault(`the subgraph "${name}" has no port "${from}"`)
  if (to === from) return doc
  if (to !== undefined && there.includes(to)) throw new CommandFault(`there is a port "${to}" already`)
  if (to !== undefined && !ID.test(to))
    throw new CommandFault(`"${to}" is no name: lower-case letters, digits and _`)
  const ends = to === undefined ? [] : [to]
  const wireInside = (wire: Wire): readonly Wire[] =>
    side === 'in' && wire === `@${from}` ? ends.map(one => `@${one}`) : [wire]
  const inner = Object.entries(def.nodes).map(([id, node]) => [id, changed(node, wireInside)] as const)
  const out = Object.entries(def.out).flatMap(([port, wire]): [string, Wire][] => {
    const names = side === 'out' && port === from ? ends : [port]
    return wireInside(wire).flatMap(w => names.map((n): [string, Wire] => [n, w]))
  })
  const next = {
    ...def,
    in: side === 'in' ? def.in.flatMap(port => (port === from ? ends : [port])) : def.in,
    out: Object.fromEntries(out),
    nodes: Object.fromEntries(inner),
  }
  /** In a graph that uses it: the inputs of its uses, or the wires from them. */
  const around = (nodes: Readonly<Record<string, NodeJson>>): Record<string, NodeJson> => {
    const uses = new Set(Object.keys(nodes).filter(id => nodes[id]!.type === defType(name)))
    const change = (wire: Wire): readonly Wire[] => {
      const { node, port } = splitWire(wire)
      return side === 'out' && uses.has(node) && port === from ? ends.map(one => `${node}.${one}`) : [wire]
    }
    const entries = Object.entries(nodes).map(([id, node]) => {
      const wired = uses.size === 0 ? node : changed(node, change)
      return [id, side === 'in' && uses.has(id) ? renamedInput(wired, from, to) : wired] as const
    })
    return Object.fromEntries(entries)
  }
  const defs = Object.entries({ ...doc.defs, [name]: next }).map(([key, one]) => {
    const uses = Object.values(one.nodes).some(node => defOf(node.type) === name)
    return [key, uses ? { ...one, nodes: around(one.nodes) } : one] as const
  })
  return { ...doc, nodes: around(doc.nodes), defs: Object.fromEntries(defs) }
}

const changed = (node: NodeJson, change: (wire: Wire) => readonly Wire[]): NodeJson => {
  const wired = rewire(node, change)
  return JSON.stringify(wired) === JSON.stringify(node.in) ? node : { ...node, in: wired }
}

function renamedInput(node: NodeJson, from: string, to: string | undefined): NodeJson {
  const wires = own(node.in, from)
  if (wires === undefined) return node
  const { [from]: _gone, ...rest } = node.in
  return { ...node, in: to === undefined ? rest : { ...rest, [to]: wires } }
}
