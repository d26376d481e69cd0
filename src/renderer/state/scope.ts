import type { CheckedGraph } from '../../graph/check.ts'
import { labelOf } from '../../graph/command-words.ts'
import type { Diagnostic } from '../../graph/diagnostic.ts'
import { defOf, type GraphDocument, type Wire, wiresOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { restoring } from '../../graph/restore.ts'
import { closeDef, INPUTS, openDef } from '../../graph/subgraph/boundary.ts'
import type { PortType } from '../../graph/types.ts'
import { faultsByNode } from './stable.ts'
import type { DocumentState } from './types.ts'

/** The way into subgraphs by the nodes that use them, as far as they are there. */
export function soundScope(doc: GraphDocument, scope: readonly string[]): readonly string[] {
  let nodes = doc.nodes
  for (const [depth, id] of scope.entries()) {
    const name = defOf(own(nodes, id)?.type ?? '')
    const def = name === undefined ? undefined : own(doc.defs, name)
    if (!def) return scope.slice(0, depth)
    nodes = def.nodes
  }
  return scope
}

/** The subgraph that the last node of a sound scope uses; undefined for the graph itself. */
export function defAt(doc: GraphDocument, scope: readonly string[]): string | undefined {
  let nodes = doc.nodes
  let name: string | undefined
  for (const id of scope) {
    name = defOf(own(nodes, id)?.type ?? '')
    nodes = name === undefined ? {} : (own(doc.defs, name)?.nodes ?? {})
  }
  return name
}

/** One result for the last arguments: stores ask again and again for what has not changed. */
function last<A extends readonly unknown[], R>(make: (...args: A) => R): (...args: A) => R {
  let known: { readonly args: A; readonly result: R } | undefined
  return (...args) => {
    if (!known || known.args.some((arg, i) => arg !== args[i])) known = { args, result: make(...args) }
    return known.result
  }
}

/** A document is asked for once a def: `doc` changes with every edit, but the subgraph's cards need not. */
const opened = last((doc: GraphDocument, name: string) => openDef(doc, name)!)

const inside = last(
  (checked: CheckedGraph, doc: GraphDocument, prefix: string, name: string): CheckedGraph => {
    const strip = <T>(from: ReadonlyMap<string, T>): Map<string, T> =>
      new Map(
        [...from].flatMap(([key, v]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), v]] : [])),
      )
    const nodes = strip(checked.nodes)
    const types = strip(checked.types)
    for (const [id, node] of Object.entries(doc.defs[name]!.nodes))
      for (const [port, given] of Object.entries(node.in)) {
        const wires = wiresOf(given)
        wires.forEach((wire: Wire, place) => {
          if (!wire.startsWith('@')) return
          const type = nodes.get(id)?.inputs[port]
          const one = (Array.isArray(type) ? type[place] : type) as PortType | undefined
          if (one) types.set(`${INPUTS}.${wire.slice(1)}`, one)
        })
      }
    const mine = (d: Diagnostic) => d.node?.startsWith(prefix)
    return {
      ...checked,
      nodes,
      types,
      off: strip(checked.off),
      diagnostics: checked.diagnostics.filter(mine).map(d => ({ ...d, node: d.node!.slice(prefix.length) })),
    }
  },
)

const faultsOf = last((checked: CheckedGraph) => faultsByNode(checked.diagnostics))

/**
 * The state as the canvas and the inspector see it: at the top the document's own, within a subgraph that subgraph
 * as a graph of its own, whose edits go to the document.
 */
export const shownOf = last((state: DocumentState): DocumentState => {
  const { document, scope, checked } = state
  const name = defAt(document, scope)
  if (name === undefined) return state
  const inner = inside(checked, document, `${scope.join('/')}/`, name)
  return {
    ...state,
    document: opened(document, name),
    checked: inner,
    faults: faultsOf(inner),
    run: (command, label = labelOf(command)) => state.run({ type: 'within', def: name, command }, label),
    replace: (next, label) => {
      const whole = closeDef(document, name, next)
      state.run(restoring(document, whole), label)
    },
  }
})

/** A node's path through the subgraphs, as runs know it. */
export const pathOf = ({ scope }: Pick<DocumentState, 'scope'>, id: string): string =>
  [...scope, id].join('/')
