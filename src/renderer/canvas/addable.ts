import { defOf, defType, type GraphDocument, REROUTE, splitWire, wiresOf } from '../../graph/document.ts'
import type { Accept, NodeDef } from '../../graph/kit.ts'
import { own } from '../../graph/own.ts'
import type { PortType } from '../../graph/types.ts'
import { registry } from '../../nodes/index.ts'
import type { CardCategory } from './model.ts'
import { fits, inputsThatFit, outputsThatFit } from './probe.ts'

/** Something that a person can add: a kind of node, a reroute, or a subgraph of the document. */
export interface Addable {
  readonly type: string
  readonly version: number
  readonly title: string
  readonly category: CardCategory
  readonly doc: string
  readonly inputs: readonly string[]
  readonly isList: (port: string) => boolean
  /** Inputs that take such a wire. */
  readonly takes: (type: PortType) => readonly string[]
  /** Outputs that such an input takes. */
  readonly gives: (accept: Accept) => readonly string[]
}

const ofDef = (def: NodeDef): Addable => ({
  type: def.type,
  version: def.version,
  title: def.title,
  category: def.category,
  doc: def.doc,
  inputs: Object.keys(def.inputs),
  isList: port => own(def.inputs, port)?.list ?? false,
  takes: type => inputsThatFit(def, type),
  gives: accept => outputsThatFit(def, accept),
})

export const REROUTE_NODE: Addable = {
  type: REROUTE,
  version: 1,
  title: 'Reroute',
  category: 'reroute',
  doc: 'A point that leads a wire around things. What goes in comes out.',
  inputs: ['in'],
  isList: () => false,
  takes: () => ['in'],
  gives: () => ['out'],
}

const KINDS: readonly Addable[] = [...[...registry.values()].map(ofDef), REROUTE_NODE]

/** The inputs of a subgraph's nodes that one of its own inputs feeds. */
function acceptsOf(doc: GraphDocument, name: string, input: string): readonly Accept[] {
  return Object.values(doc.defs[name]!.nodes).flatMap(node =>
    Object.entries(node.in).flatMap(([port, given]): readonly Accept[] => {
      if (!wiresOf(given).includes(`@${input}`)) return []
      const inner = defOf(node.type)
      if (inner !== undefined) return own(doc.defs, inner) ? acceptsOf(doc, inner, port) : []
      const spec = own(registry.get(node.type)?.inputs ?? {}, port)
      return spec ? [spec.accepts] : []
    }),
  )
}

function givesOf(doc: GraphDocument, name: string, output: string, accept: Accept): boolean {
  const def = doc.defs[name]!
  const wire = def.out[output]!
  if (wire.startsWith('@')) return true
  const from = splitWire(wire)
  const node = own(def.nodes, from.node)
  const inner = node && defOf(node.type)
  if (inner !== undefined)
    return own(doc.defs, inner)?.out[from.port] !== undefined && givesOf(doc, inner, from.port, accept)
  const kind = node && registry.get(node.type)
  return kind ? outputsThatFit(kind, accept).includes(from.port) : false
}

const ofSubgraph = (doc: GraphDocument, name: string): Addable => {
  const def = doc.defs[name]!
  return {
    type: defType(name),
    version: 1,
    title: name,
    category: 'subgraph',
    doc: `A subgraph of this file, of ${Object.keys(def.nodes).length} nodes.`,
    inputs: def.in,
    isList: () => false,
    takes: type =>
      def.in.filter(port => {
        const accepts = acceptsOf(doc, name, port)
        return accepts.length > 0 && accepts.every(accept => fits(accept, type))
      }),
    gives: accept => Object.keys(def.out).filter(port => givesOf(doc, name, port, accept)),
  }
}

/** Everything that can be added to the document. */
export const addables = (doc: GraphDocument): readonly Addable[] => [
  ...KINDS,
  ...Object.keys(doc.defs).map(name => ofSubgraph(doc, name)),
]

export const addableOf = (type: string, doc: GraphDocument): Addable | undefined => {
  const name = defOf(type)
  if (name !== undefined) return own(doc.defs, name) ? ofSubgraph(doc, name) : undefined
  return KINDS.find(kind => kind.type === type)
}
