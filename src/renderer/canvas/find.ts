import { defOf, type GraphDocument, type NodeJson } from '../../graph/document.ts'
import type { Registry } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import { fuzzy } from './search.ts'

/** A node that was found: its path through subgraphs, and what of it was found. */
export interface Found {
  readonly path: string
  readonly title: string
  readonly type: string
  /** The parameter, where its value was found: `depth 4`. */
  readonly param?: string
}

/** Nodes in subgraphs in subgraphs are found this deep. */
const DEEPEST = 16

function* everyNode(
  doc: GraphDocument,
  nodes: Readonly<Record<string, NodeJson>> = doc.nodes,
  prefix = '',
  depth = 0,
): Iterable<readonly [string, NodeJson]> {
  for (const [id, node] of Object.entries(nodes)) {
    yield [prefix + id, node]
    const name = defOf(node.type)
    const def = name === undefined ? undefined : own(doc.defs, name)
    if (def && depth < DEEPEST) yield* everyNode(doc, def.nodes, `${prefix}${id}/`, depth + 1)
  }
}

function* values(value: unknown, path = ''): Iterable<string> {
  if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value))
      yield* values(inner, key === '$node' ? path : path ? `${path}.${key}` : key)
  else yield `${path} ${value}`
}

/** How much better a find in the title is than one in a value. */
const BETTER = { title: 60, id: 50, type: 20 }

/** The nodes of a document, of its subgraphs too, by title, id, type or a parameter's value; the best first. */
export function findNodes(doc: GraphDocument, query: string, registry: Registry): readonly Found[] {
  const q = query.trim()
  const found: { readonly found: Found; readonly score: number }[] = []
  for (const [path, node] of everyNode(doc)) {
    const title = node.title || registry.get(node.type)?.title || node.type.replace(/^def:/, '')
    const about = { path, title, type: node.type }
    if (!q) {
      found.push({ found: about, score: 0 })
      continue
    }
    const whole = (text: string, more: number) => {
      const score = fuzzy(q, text)
      return score < 0 ? -1 : score + more
    }
    const id = path.slice(path.lastIndexOf('/') + 1)
    const named = Math.max(
      whole(title, BETTER.title),
      whole(id, BETTER.id),
      node.type.toLowerCase().includes(q.toLowerCase()) ? BETTER.type : -1,
    )
    const [param] = [...values(node.params)].filter(text => text.toLowerCase().includes(q.toLowerCase()))
    if (named >= 0) found.push({ found: about, score: named })
    else if (param !== undefined) found.push({ found: { ...about, param: param.slice(0, 80) }, score: 0 })
  }
  return found.sort((a, b) => b.score - a.score).map(f => f.found)
}
