import type { GraphDocument, GroupColour } from '../../graph/document.ts'
import { groupOf } from '../../graph/groups.ts'
import type { Point } from './layout.ts'
import { docNow } from './store.ts'

/** Around its nodes a frame leaves this much room, and at the top its title's. */
const ROOM = 20
const TITLE = 34

export interface Frame {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PlacedNode {
  readonly internals: { readonly positionAbsolute: { readonly x: number; readonly y: number } }
  readonly measured: { readonly width?: number; readonly height?: number }
}
type Lookup = ReadonlyMap<string, PlacedNode>

/** The frame around nodes; undefined where none of them is on the canvas yet. */
export function frameOf(ids: readonly string[], nodes: Lookup): Frame | undefined {
  const placed = ids.flatMap(id => nodes.get(id) ?? [])
  if (placed.length === 0) return undefined
  const at = placed.map(n => n.internals.positionAbsolute)
  const left = Math.min(...at.map(p => p.x)) - ROOM
  const top = Math.min(...at.map(p => p.y)) - ROOM - TITLE
  const right = Math.max(...placed.map((n, i) => at[i]!.x + (n.measured.width ?? 0))) + ROOM
  const bottom = Math.max(...placed.map((n, i) => at[i]!.y + (n.measured.height ?? 0))) + ROOM
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** The group into whose frame a node that is in none was dragged: its middle lies in it. */
export function groupUnder(
  doc: GraphDocument,
  node: { readonly id: string },
  nodes: Lookup,
): string | undefined {
  if (!doc.groups || groupOf(doc, node.id) !== undefined) return undefined
  const mine = nodes.get(node.id)
  if (!mine) return undefined
  const { x, y } = mine.internals.positionAbsolute
  const middle = [x + (mine.measured.width ?? 0) / 2, y + (mine.measured.height ?? 0) / 2] as const
  return Object.entries(doc.groups).find(([, group]) => {
    const frame = frameOf(group.nodes, nodes)
    return (
      frame &&
      middle[0] > frame.x &&
      middle[0] < frame.x + frame.width &&
      middle[1] > frame.y &&
      middle[1] < frame.y + frame.height
    )
  })?.[0]
}

/** Moves a node and puts it into a group, as one edit. */
export function joinGroup(id: string, node: string, to: Readonly<Record<string, Point>>): void {
  const { document, run } = docNow()
  const group = document.groups?.[id]
  if (!group) return
  const label = `Move into ${group.title || 'group'}`
  const commands = [
    { type: 'moveNodes', to },
    { type: 'setGroup', id, group: { ...group, nodes: [...group.nodes, node] } },
  ] as const
  run({ type: 'group', label, commands }, label)
}

export const groupColour = (colour: GroupColour): string => `var(--group-${colour})`
