import type { GraphCommand } from '../../graph/commands.ts'
import { type GraphDocument, type NodeJson, splitWire, type Wire } from '../../graph/document.ts'
import { freshId } from './ids.ts'
import type { Point } from './layout.ts'

/** Nodes on the clipboard: text that people can read, paste into a chat and back. */
interface Copied {
  readonly format: 'diptych-nodes'
  readonly nodes: Readonly<Record<string, NodeJson>>
  readonly view: Readonly<Record<string, Point>>
}

export function copyNodes(
  doc: GraphDocument,
  ids: readonly string[],
  placeOf: (id: string) => Point,
): string {
  const kept = ids.filter(id => Object.hasOwn(doc.nodes, id))
  const copied: Copied = {
    format: 'diptych-nodes',
    nodes: Object.fromEntries(kept.map(id => [id, doc.nodes[id]!])),
    view: Object.fromEntries(kept.map(id => [id, placeOf(id)])),
  }
  return JSON.stringify(copied, null, 2)
}

const isRecord = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)

const isNode = (x: unknown): x is NodeJson =>
  isRecord(x) &&
  typeof x.type === 'string' &&
  typeof x.v === 'number' &&
  isRecord(x.params ?? {}) &&
  isRecord(x.in ?? {}) &&
  Object.values(x.in ?? {}).every(
    w => typeof w === 'string' || (Array.isArray(w) && w.every(one => typeof one === 'string')),
  )

const isPoint = (x: unknown): x is Point =>
  Array.isArray(x) && x.length === 2 && x.every(n => typeof n === 'number' && Number.isFinite(n))

/** The nodes in a text of the clipboard, or null where it holds something else. */
export function readCopied(text: string): Copied | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value) || value.format !== 'diptych-nodes' || !isRecord(value.nodes)) return null
  const nodes: Record<string, NodeJson> = {}
  const view: Record<string, Point> = {}
  for (const [id, node] of Object.entries(value.nodes)) {
    if (!isNode(node)) return null
    nodes[id] = { ...node, params: node.params ?? {}, in: node.in ?? {} }
    const at = isRecord(value.view) ? value.view[id] : undefined
    view[id] = isPoint(at) ? at : [0, 0]
  }
  return { format: 'diptych-nodes', nodes, view }
}

/** Follows `{ "$node": id }` to the copies. */
function renameReferences(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(v => renameReferences(v, names))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$node' && typeof inner === 'string'
        ? [key, names.get(inner) ?? inner]
        : [key, renameReferences(inner, names)],
    ),
  )
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
    const params = renameReferences(node.params, names) as NodeJson['params']
    return {
      type: 'addNode',
      id: names.get(id)!,
      node: { ...node, params, in: Object.fromEntries(wired) },
      at: move(copied.view[id]!),
    }
  })
  return { command: { type: 'group', label, commands }, ids: [...names.values()] }
}
