import { type GraphDocument, type NodeJson, references, splitWire, wiresOf } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { equal } from './stable.ts'

const NONE: ReadonlySet<string> = new Set()

/** Nodes whose results in a run are no longer those of the document: they were edited since, or read one that was. */
export function staleNodes(document: GraphDocument, ran: GraphDocument | undefined): ReadonlySet<string> {
  if (!ran || (ran.nodes === document.nodes && ran.defs === document.defs && ran.meta === document.meta))
    return NONE
  const stale = new Map<string, boolean>()
  const everything = ran.meta.seed !== document.meta.seed || !equal(meaning(ran.defs), meaning(document.defs))
  const look = (id: string): boolean => {
    const seen = stale.get(id)
    if (seen !== undefined) return seen
    // Within a cycle the first look decides.
    stale.set(id, false)
    const node = own(document.nodes, id)
    const before = own(ran.nodes, id)
    const now = !node || !before || everything || edited(before, node) || reads(node).some(look)
    stale.set(id, now)
    return now
  }
  const found = Object.keys(document.nodes).filter(id => document.nodes[id]!.type !== 'note' && look(id))
  return found.length > 0 ? new Set(found) : NONE
}

/** What subgraphs compute, without where their nodes stand, in which frames, and where they were copied from. */
const meaning = (defs: GraphDocument['defs']) =>
  Object.fromEntries(
    Object.entries(defs).map(([name, { view: _view, groups: _groups, source: _source, ...def }]) => [
      name,
      def,
    ]),
  )

/** A title is for people: it changes no result. */
const edited = (a: NodeJson, b: NodeJson): boolean =>
  a !== b &&
  !(a.type === b.type && a.v === b.v && a.mode === b.mode && equal(a.params, b.params) && equal(a.in, b.in))

const reads = (node: NodeJson): string[] => [
  ...Object.values(node.in).flatMap(w => wiresOf(w).map(wire => splitWire(wire).node)),
  ...references(node.params).map(r => r.node.split('/')[0]!),
]
