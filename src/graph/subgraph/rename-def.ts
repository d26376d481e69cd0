import { CommandFault } from '../command-fault.ts'
import { defType, type GraphDocument, ID, type NodeJson } from '../document.ts'
import { own } from '../own.ts'

/** Gives a subgraph another name, wherever it is used. */
export function renameDef(doc: GraphDocument, from: string, to: string): GraphDocument {
  if (!own(doc.defs, from)) throw new CommandFault(`there is no subgraph "${from}"`)
  if (to === from) return doc
  if (own(doc.defs, to)) throw new CommandFault(`there is a subgraph "${to}" already`)
  if (!ID.test(to)) throw new CommandFault(`"${to}" is no name: lower-case letters, digits and _`)
  const uses = (node: NodeJson): NodeJson =>
    node.type === defType(from) ? { ...node, type: defType(to) } : node
  const renamed = (nodes: Readonly<Record<string, NodeJson>>): Record<string, NodeJson> =>
    Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, uses(node)]))
  const defs = Object.entries(doc.defs).map(
    ([name, def]) => [name === from ? to : name, { ...def, nodes: renamed(def.nodes) }] as const,
  )
  return { ...doc, nodes: renamed(doc.nodes), defs: Object.fromEntries(defs) }
}
