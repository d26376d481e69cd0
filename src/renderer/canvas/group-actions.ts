import type { GraphCommand } from '../../graph/commands.ts'
import type { GroupColour, GroupJson, NodeMode } from '../../graph/document.ts'
import { groupOf } from '../../graph/groups.ts'
import { isBoundary } from '../../graph/subgraph/boundary.ts'
import { say } from '../state/say.ts'
import { plural } from '../ui/format.ts'
import { moveNodes, placeOf, sizes } from './actions.ts'
import { align, type Box, distribute, type Edge, inPlace } from './arrange.ts'
import { freshId } from './ids.ts'
import { layeredLayout } from './layout.ts'
import { docNow } from './store.ts'

/** Selected nodes that a person can change; the inputs and outputs of a subgraph are none. */
export const chosen = (): readonly string[] => docNow().selection.nodes.filter(id => !isBoundary(id))

/** Puts the selected nodes into a group; asked of a whole group's nodes, takes the group away. */
export function toggleGroup(): void {
  const ids = chosen()
  const group = sharedGroup(ids)
  if (group) removeGroup(group.id)
  else if (ids.length > 0) {
    const { document, run } = docNow()
    const id = freshId('group', new Set(Object.keys(document.groups ?? {})))
    run({ type: 'setGroup', id, group: { title: 'Group', colour: 'blue', nodes: ids } }, 'Group')
  }
}

/** The group that consists of just these nodes. */
export function sharedGroup(
  ids: readonly string[],
): { readonly id: string; readonly group: GroupJson } | null {
  const { document } = docNow()
  const id = ids[0] === undefined ? undefined : groupOf(document, ids[0])
  const group = id === undefined ? undefined : document.groups?.[id]
  if (!group || group.nodes.length !== ids.length || !ids.every(one => group.nodes.includes(one))) return null
  return { id: id!, group }
}

export const removeGroup = (id: string): void => docNow().run({ type: 'setGroup', id }, 'Ungroup')

export function changeGroup(
  id: string,
  change: { title?: string; colour?: GroupColour; nodes?: readonly string[] },
  label: string,
): void {
  const group = docNow().document.groups?.[id]
  if (group) docNow().run({ type: 'setGroup', id, group: { ...group, ...change } }, label)
}

/** Takes the selected nodes out of their groups. */
export function leaveGroup(): void {
  const { document, run } = docNow()
  const ids = new Set(chosen())
  const commands = Object.entries(document.groups ?? {}).flatMap(([id, group]): GraphCommand[] => {
    const nodes = group.nodes.filter(node => !ids.has(node))
    if (nodes.length === group.nodes.length) return []
    return [{ type: 'setGroup', id, ...(nodes.length > 0 && { group: { ...group, nodes } }) }]
  })
  if (commands.length) run({ type: 'group', label: 'Take out of group', commands }, 'Take out of group')
}

/** Mutes or bypasses the selected nodes; where all are so already, they run again. */
export function toggleMode(mode: NodeMode): void {
  const { document, run } = docNow()
  const ids = chosen()
  if (ids.length === 0) return
  const all = ids.every(id => document.nodes[id]?.mode === mode)
  run({ type: 'setMode', nodes: ids, ...(!all && { mode }) })
}

const boxes = (ids: readonly string[]): Box[] => {
  const sizeOf = sizes()
  return ids.map(id => ({ id, at: placeOf(id), size: sizeOf(id) }))
}

const move = (to: ReturnType<typeof align>, label: string): void => {
  if (Object.keys(to).length > 0) moveNodes(to, `${label} ${plural(Object.keys(to).length, 'node')}`)
}

export function alignSelected(edge: Edge): void {
  const ids = chosen()
  if (ids.length > 1) move(align(boxes(ids), edge), 'Align')
  else say('Select two nodes or more to align them')
}

export function distributeSelected(axis: 0 | 1): void {
  const ids = chosen()
  if (ids.length > 2) move(distribute(boxes(ids), axis), 'Distribute')
  else say('Select three nodes or more to distribute them')
}

/** Lays out the selected nodes, or all: from left to right as the data flows. Where they stood, they stand. */
export function layOut(): void {
  const { document } = docNow()
  const some = chosen()
  const all = some.length > 1 ? some : Object.keys(document.nodes)
  // A note is read where its writer put it.
  const ids = all.filter(id => document.nodes[id]!.type !== 'note')
  if (ids.length === 0) return
  const nodes = Object.fromEntries(ids.map(id => [id, document.nodes[id]!]))
  move(inPlace(layeredLayout({ ...document, nodes }, sizes()), boxes(ids)), 'Lay out')
}
