import type { Draft } from 'immer'
import { CommandFault } from './command-fault.ts'
import { type GraphDocument, type GroupJson, type Groups, ID } from './document.ts'
import { own } from './own.ts'

type Doc = Draft<GraphDocument>

/** A document without groups does not mention them. */
export function setGroups(doc: Doc, groups: Draft<Groups>): void {
  if (Object.keys(groups).length > 0) doc.groups = groups
  else delete doc.groups
}

/** Makes or changes a group; without `group` it is gone, its nodes stay. */
export function setGroup(doc: Doc, id: string, group: GroupJson | undefined): void {
  if (!ID.test(id)) throw new CommandFault(`"${id}" is no id of a group`)
  const groups = doc.groups ?? {}
  if (!group) {
    if (!own(groups, id)) throw new CommandFault(`there is no group "${id}"`)
    delete groups[id]
    setGroups(doc, groups)
    return
  }
  for (const node of group.nodes)
    if (!own(doc.nodes, node)) throw new CommandFault(`there is no node "${node}"`, node)
  const nodes = [...new Set(group.nodes)]
  leaveGroups(doc, new Set(nodes), id)
  if (nodes.length > 0) setGroups(doc, { ...doc.groups, [id]: { ...group, nodes } })
  else if (doc.groups && own(doc.groups, id)) setGroup(doc, id, undefined)
}

/** Takes nodes out of their groups, but for one; a group that holds nothing is gone. */
export function leaveGroups(doc: Doc, nodes: ReadonlySet<string>, but?: string): void {
  if (!doc.groups) return
  for (const [id, group] of Object.entries(doc.groups)) {
    if (id === but || !group.nodes.some(node => nodes.has(node))) continue
    group.nodes = group.nodes.filter(node => !nodes.has(node))
    if (group.nodes.length === 0) delete doc.groups[id]
  }
  setGroups(doc, doc.groups)
}

/** The group that a node is in. */
export const groupOf = (doc: GraphDocument, node: string): string | undefined =>
  Object.entries(doc.groups ?? {}).find(([, group]) => group.nodes.includes(node))?.[0]
