import type { Draft } from 'immer'
import { CommandFault } from './command-fault.ts'
import type { Restore } from './commands.ts'
import { type GraphDocument, type Groups, ID } from './document.ts'
import { setGroups } from './groups.ts'
import { own } from './own.ts'
import { setWatches } from './watches.ts'

/** The command that turns one document into another; parts that are the same object are left out. */
export function restoring(from: GraphDocument, to: GraphDocument): Restore {
  const ids = Object.keys(to.nodes)
  return {
    type: 'restore',
    ...(from.meta !== to.meta && { meta: to.meta }),
    ...(from.defs !== to.defs && { defs: to.defs }),
    ...(from.lock !== to.lock && { lock: to.lock }),
    ...(from.watches !== to.watches && { watches: to.watches ?? [] }),
    ...(from.groups !== to.groups && { groups: to.groups ?? {} }),
    nodes: changes(from.nodes, to.nodes),
    view: changes(from.view, to.view),
    ...(orderAfter(from, to).some((id, i) => ids[i] !== id) && { order: ids }),
  }
}

/** What differs; null for what is in `from` only. */
function changes<T>(from: Readonly<Record<string, T>>, to: Readonly<Record<string, T>>) {
  const changed: Record<string, T | null> = {}
  if (from === to) return changed
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) changed[key] = null
  for (const [key, value] of Object.entries(to)) if (own(from, key) !== value) changed[key] = value
  return changed
}

/** The order that nodes would have without `order`: those that stay, then those that come back. */
const orderAfter = (from: GraphDocument, to: GraphDocument): string[] => [
  ...Object.keys(from.nodes).filter(id => Object.hasOwn(to.nodes, id)),
  ...Object.keys(to.nodes).filter(id => !Object.hasOwn(from.nodes, id)),
]

export function restore(doc: Draft<GraphDocument>, c: Restore): void {
  if (c.meta) doc.meta = c.meta as Draft<GraphDocument>['meta']
  if (c.defs) doc.defs = c.defs as Draft<GraphDocument>['defs']
  if (c.lock) doc.lock = c.lock as Draft<GraphDocument>['lock']
  if (c.watches) setWatches(doc, c.watches)
  if (c.groups) setGroups(doc, c.groups as Draft<Groups>)
  put(doc.nodes, c.nodes)
  put(doc.view, c.view)
  if (!c.order) return
  const nodes: Record<string, unknown> = {}
  for (const id of c.order) {
    const node = own(doc.nodes, id)
    if (!node) throw new CommandFault(`there is no node "${id}"`, id)
    nodes[id] = node
  }
  if (Object.keys(nodes).length !== Object.keys(doc.nodes).length)
    throw new CommandFault('the order must name every node')
  doc.nodes = nodes as Draft<GraphDocument>['nodes']
}

function put<T>(into: Record<string, T>, changed: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(changed)) {
    if (!ID.test(key)) throw new CommandFault(`"${key}" is no id of a node`, key)
    if (value !== null) into[key] = value as T
    else if (Object.hasOwn(into, key)) delete into[key]
    else throw new CommandFault(`there is no node "${key}"`, key)
  }
}
