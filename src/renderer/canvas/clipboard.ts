import type { GraphCommand } from '../../graph/commands.ts'
import { defOf, type GraphDocument, splitWire, type Wire } from '../../graph/document.ts'
import { own } from '../../graph/own.ts'
import { INPUTS, isBoundary } from '../../graph/subgraph/boundary.ts'
import { headOf, renameReferences, rewire } from '../../graph/subgraph/rename.ts'
import { partsOf } from '../../graph/subgraph/uses.ts'
import { freshId } from './ids.ts'
import type { Point } from './layout.ts'
import { type Copied, writeCopied } from './read-text.ts'

export function copyNodes(
  doc: GraphDocument,
  ids: readonly string[],
  placeOf: (id: string) => Point,
): string {
  const kept = ids.filter(id => Object.hasOwn(doc.nodes, id) && !isBoundary(id))
  // The inputs of the subgraph that is shown are `@name` in a file.
  const inFile = (wire: Wire): readonly Wire[] =>
    wire.startsWith(`${INPUTS}.`) ? [`@${wire.slice(INPUTS.length + 1)}`] : [wire]
  const nodes = kept.map(id => {
    const node = doc.nodes[id]!
    return [id, { ...node, in: rewire(node, inFile) }] as const
  })
  const used = kept.flatMap(id => defOf(doc.nodes[id]!.type) ?? [])
  const chosen = new Set(kept)
  const groups = Object.entries(doc.groups ?? {}).filter(([, group]) =>
    group.nodes.every(id => chosen.has(id)),
  )
  const parts = new Set(used.flatMap(name => partsOf(doc.defs, name)))
  return writeCopied({
    format: 'diptych-nodes',
    nodes: Object.fromEntries(nodes),
    view: Object.fromEntries(kept.map(id => [id, placeOf(id)])),
    defs: Object.fromEntries([...parts].map(name => [name, doc.defs[name]!])),
    ...(groups.length > 0 && { groups: Object.fromEntries(groups) }),
  })
}

export interface Paste {
  readonly command: GraphCommand
  readonly ids: readonly string[]
}

/**
 * One edit that adds the copied nodes under fresh ids. Wires among them go between the copies; a wire from
 * elsewhere stays where its producer is in this document, and is left out where it isn't.
 */
export function pasteNodes(
  doc: GraphDocument,
  copied: Copied,
  move: (at: Point) => Point,
  label: string,
): Paste | null {
  const taken = new Set(Object.keys(doc.nodes))
  const names = new Map<string, string>()
  for (const id of Object.keys(copied.nodes)) {
    const fresh = freshId(id, taken)
    taken.add(fresh)
    names.set(id, fresh)
  }
  if (names.size === 0) return null
  const rewire = (wire: Wire): Wire[] => {
    if (wire.startsWith('@')) {
      const input = wire.slice(1)
      return (own(doc.nodes, INPUTS)?.params.ports as string[] | undefined)?.includes(input)
        ? [`${INPUTS}.${input}`]
        : []
    }
    const { node, port } = splitWire(wire)
    const renamed = names.get(node)
    if (renamed) return [`${renamed}.${port}`]
    return Object.hasOwn(doc.nodes, node) ? [wire] : []
  }
  const commands = Object.entries(copied.nodes).map(([id, node]): GraphCommand => {
    const wired = Object.entries(node.in).flatMap(([port, given]): [string, Wire | Wire[]][] => {
      if (typeof given !== 'string') return [[port, given.flatMap(rewire)]]
      const [wire] = rewire(given)
      return wire === undefined ? [] : [[port, wire]]
    })
    const params = renameReferences(node.params, path => {
      const [head, rest] = headOf(path)
      return (names.get(head) ?? head) + rest
    })
    return {
      type: 'addNode',
      id: names.get(id)!,
      node: { ...node, params, in: Object.fromEntries(wired) },
      at: move(copied.view[id] ?? [0, 0]),
    }
  })
  const groups = new Set(Object.keys(doc.groups ?? {}))
  for (const [id, group] of Object.entries(copied.groups ?? {})) {
    const nodes = group.nodes.flatMap(node => names.get(node) ?? [])
    if (nodes.length === 0) continue
    const fresh = freshId(id, groups)
    groups.add(fresh)
    commands.push({ type: 'setGroup', id: fresh, group: { ...group, nodes } })
  }
  return { command: { type: 'group', label, commands }, ids: [...names.values()] }
}
