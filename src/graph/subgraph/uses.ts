import { defOf, defType, type GraphDocument, type NodeJson } from '../document.ts'

/** Every node of a document, those in its subgraphs too. */
function* everyNode(doc: GraphDocument): Iterable<NodeJson> {
  yield* Object.values(doc.nodes)
  for (const def of Object.values(doc.defs)) yield* Object.values(def.nodes)
}

/** Whether any node uses the subgraph. */
export const isUsed = (doc: GraphDocument, name: string): boolean => {
  for (const node of everyNode(doc)) if (node.type === defType(name)) return true
  return false
}

/** The document without a subgraph that nothing uses. */
export function withoutUnused(doc: GraphDocument, name: string): GraphDocument {
  if (isUsed(doc, name)) return doc
  const { [name]: _gone, ...defs } = doc.defs
  return { ...doc, defs }
}

/** The subgraph and all that it is made of, itself first. */
export function partsOf(defs: GraphDocument['defs'], name: string): readonly string[] {
  // A Set grows while it is walked.
  const found = new Set(Object.hasOwn(defs, name) ? [name] : [])
  for (const one of found)
    for (const { type } of Object.values(defs[one]!.nodes)) {
      const part = defOf(type)
      if (part !== undefined && Object.hasOwn(defs, part)) found.add(part)
    }
  return [...found]
}
