import { CommandFault } from '../command-fault.ts'
import { defOf, type GraphDocument, type NodeJson, references } from '../document.ts'
import { own } from '../own.ts'
import { moveWatches } from '../watches.ts'
import { closeDef, openDef } from './boundary.ts'
import { headOf, renameReferences } from './rename.ts'

/** What an edit has made of a graph, and where nodes are now that were at a path of it. */
export interface Edited {
  readonly document: GraphDocument
  readonly moved: (path: string) => string
}

type Nodes = GraphDocument['nodes']

/**
 * Edits the graph itself, or the subgraph `within`, so that what knows a node by its path follows it: watches, and
 * references from around. A subgraph is found wherever it is used, however deep.
 */
export function editGraph<T extends Edited>(
  doc: GraphDocument,
  within: string | undefined,
  edit: (graph: GraphDocument) => T,
): T {
  if (within === undefined) {
    const edited = edit(doc)
    return { ...edited, document: moveWatches(edited.document, edited.moved) }
  }
  const graph = openDef(doc, within)
  if (!graph) throw new CommandFault(`there is no subgraph "${within}"`)
  const edited = edit(graph)
  /** A path that begins among `nodes`: its part from inside the subgraph on is what the edit has moved. */
  const carried = (path: string, nodes: Nodes): string => {
    const [head, rest] = headOf(path)
    const def = rest === '' ? undefined : defOf(own(nodes, head)?.type ?? '')
    if (def === undefined) return path
    const inside = own(doc.defs, def)?.nodes ?? {}
    const further = rest.slice(1)
    return `${head}/${def === within ? edited.moved(further) : carried(further, inside)}`
  }
  const whole = closeDef(doc, within, edited.document)
  const defs = Object.entries(whole.defs).map(([name, def]) => {
    const nodes = name === within ? def.nodes : referring(def.nodes, path => carried(path, def.nodes))
    return [name, nodes === def.nodes ? def : { ...def, nodes }] as const
  })
  const document: GraphDocument = {
    ...whole,
    nodes: referring(whole.nodes, path => carried(path, doc.nodes)),
    defs: Object.fromEntries(defs),
  }
  return { ...edited, document: moveWatches(document, path => carried(path, doc.nodes)) }
}

/** Nodes whose references follow; the same objects where none has to. */
function referring(nodes: Nodes, moved: (path: string) => string): Nodes {
  let same = true
  const entries = Object.entries(nodes).map(([id, node]): [string, NodeJson] => {
    if (references(node.params).every(({ node: path }) => moved(path) === path)) return [id, node]
    same = false
    return [id, { ...node, params: renameReferences(node.params, moved) }]
  })
  return same ? nodes : Object.fromEntries(entries)
}
