import { type GraphDocument, splitWire, wiresOf } from '../graph/document.ts'
import { own } from '../graph/own.ts'
import type { GraphSketch } from '../protocol/workbench.ts'

/** Of a larger graph no more is drawn than this. */
const MOST_NODES = 200
const MOST_WIRES = 400

/** What a small picture of a graph is drawn from: where nodes stand, and which feeds which. */
export function sketchOf({ nodes, view }: GraphDocument): GraphSketch {
  const ids = Object.keys(nodes).slice(0, MOST_NODES)
  const index = new Map(ids.map((id, i) => [id, i]))
  const wires = ids.flatMap(id =>
    Object.values(nodes[id]!.in).flatMap(given =>
      wiresOf(given).flatMap((wire): (readonly [number, number])[] => {
        const from = index.get(splitWire(wire).node)
        return from === undefined ? [] : [[from, index.get(id)!]]
      }),
    ),
  )
  return {
    nodes: ids.map(id => ({ type: nodes[id]!.type, at: own(view, id) ?? null })),
    wires: wires.slice(0, MOST_WIRES),
  }
}
