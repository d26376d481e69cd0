import {
  type DefJson,
  defOf,
  defType,
  FORMAT_VERSION,
  type GraphDocument,
  type NodeJson,
} from '../document.ts'
import { own } from '../own.ts'
import { writeGraph } from '../write.ts'
import { freshName } from './rename.ts'
import { partsOf } from './uses.ts'

/** A graph file that holds one subgraph, all that it is made of, and one node that uses it. */
export function subgraphFile(doc: GraphDocument, name: string, title: string): GraphDocument {
  const defs = partsOf(doc.defs, name).map(part => {
    const { source: _source, ...def } = doc.defs[part]!
    return [part, def] as const
  })
  return {
    format: 'diptych-graph',
    version: FORMAT_VERSION,
    meta: { title, seed: 0 },
    nodes: { [name]: { type: defType(name), v: 1, params: {}, in: {} } },
    defs: Object.fromEntries(defs),
    view: { [name]: [0, 0] },
    lock: {},
  }
}

/** What the hash of a shared subgraph is taken of: its file, without what only people see of the file itself. */
export const hashedText = (doc: GraphDocument, name: string): string =>
  writeGraph(subgraphFile(doc, name, name))

export interface Source {
  readonly file: string
  /** By subgraph of that file. */
  readonly hash: (name: string) => string
}

export interface Imported {
  readonly document: GraphDocument
  /** What the file's subgraphs are called here. */
  readonly names: ReadonlyMap<string, string>
}

/**
 * Copies subgraphs of another document into this one. One that is here with the same content is used as it is; one
 * whose name is taken by another comes under a fresh name.
 */
export function importDefs(
  doc: GraphDocument,
  from: GraphDocument,
  wanted: readonly string[],
  source?: Source,
): Imported {
  const parts = [...new Set(wanted.flatMap(name => partsOf(from.defs, name)))]
  const names = new Map<string, string>()
  const taken = new Set(Object.keys(doc.defs))
  for (const part of parts) {
    const there = own(doc.defs, part)
    const isSame = there && hashedText(doc, part) === hashedText(from, part)
    const name = isSame ? part : freshName(part, taken)
    taken.add(name)
    names.set(part, name)
  }
  const added = parts.flatMap((part): [string, DefJson][] => {
    const name = names.get(part)!
    if (own(doc.defs, name)) return []
    const { source: before, ...def } = from.defs[part]!
    const nodes = Object.entries(def.nodes).map(([id, node]) => [id, retyped(node, names)] as const)
    const origin = source ? { file: source.file, hash: source.hash(part) } : before
    return [[name, { ...def, nodes: Object.fromEntries(nodes), ...(origin && { source: origin }) }]]
  })
  const document = added.length > 0 ? { ...doc, defs: { ...doc.defs, ...Object.fromEntries(added) } } : doc
  return { document, names }
}

/**
 * Makes a subgraph what its file says now; the document keeps its name, and uses keep their wires, which the checker
 * then judges. The same document where nothing in it is new.
 */
export function updateDef(
  doc: GraphDocument,
  name: string,
  from: GraphDocument,
  original: string,
  source: Source,
): GraphDocument {
  const before = own(doc.defs, name)
  const parts = partsOf(from.defs, original).slice(1)
  const { document, names } = importDefs(doc, from, parts, source)
  const { source: _source, ...def } = from.defs[original]!
  const nodes = Object.entries(def.nodes).map(([id, node]) => [id, retyped(node, names)] as const)
  const next: DefJson = {
    ...def,
    nodes: Object.fromEntries(nodes),
    source: { file: source.file, hash: source.hash(original) },
  }
  if (document === doc && JSON.stringify(before) === JSON.stringify(next)) return doc
  return { ...document, defs: { ...document.defs, [name]: next } }
}

/** A node that uses a subgraph under the name that it has now. */
export function retyped(node: NodeJson, names: ReadonlyMap<string, string>): NodeJson {
  const def = defOf(node.type)
  const name = def === undefined ? undefined : names.get(def)
  return name === undefined || name === def ? node : { ...node, type: defType(name) }
}
