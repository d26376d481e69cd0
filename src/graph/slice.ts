import type { CheckedNode } from './check.ts'
import { splitWire, type Wire, wiresOf } from './document.ts'
import type { BatchNode, Derivation } from './kit.ts'
import { own } from './own.ts'

/** The part of a checked graph that slicing reads. */
export interface GraphNodes {
  readonly nodes: ReadonlyMap<string, CheckedNode>
}

/** A Batch field that a slice reads. */
export interface FieldRef {
  readonly batch: string
  readonly port: string
  readonly derivation: Derivation
}

/** One wire of a node's single input. */
export function wireOf(node: CheckedNode, port: string): Wire | undefined {
  return wiresOf(node.json.in[port])[0]
}

/**
 * The Batch fields that `wires` depend on, in canonical order, not looking behind `cuts`: what a consumer
 * must bind to stage that part of the graph by itself.
 */
export function fieldsOf(graph: GraphNodes, wires: readonly Wire[], cuts: readonly Wire[] = []): FieldRef[] {
  const found = new Map<Wire, FieldRef>()
  const seen = new Set<Wire>(cuts)
  const todo = [...wires]
  for (let wire = todo.pop(); wire !== undefined; wire = todo.pop()) {
    if (seen.has(wire)) continue
    seen.add(wire)
    const { node: id, port } = splitWire(wire)
    const node = graph.nodes.get(id)
    if (node?.def.kind === 'batch') {
      const derivation = own(derivationsOf(node, node.def), port)
      if (derivation) found.set(wire, { batch: id, port, derivation })
    } else if (node?.def.kind === 'device') {
      for (const w of Object.values(node.json.in)) todo.push(...wiresOf(w))
    }
  }
  return [...found.keys()].sort().map(w => found.get(w)!)
}

/** How each field of a Batch comes from its dataset; none while that dataset's schema is unknown. */
export const derivationsOf = (node: CheckedNode, def: BatchNode): Readonly<Record<string, Derivation>> =>
  Object.values(node.inputs).some(t => t && 'kind' in t && t.kind === 'unknown')
    ? {}
    : def.derivations(node.params, node.inputs)

/** The node that makes a pairs wire and the wires of its two operands. */
export interface Operands {
  readonly node: string
  readonly rows: Wire
  readonly columns: Wire
}

/** Where an evaluator cuts a pairs wire; undefined when its producer does not say. */
export function operandsOf(graph: GraphNodes, wire: Wire): Operands | undefined {
  const id = splitWire(wire).node
  const node = graph.nodes.get(id)
  if (node?.def.kind !== 'device' || !node.def.pairs) return undefined
  const rows = wireOf(node, node.def.pairs.rows)
  const columns = wireOf(node, node.def.pairs.columns)
  return rows && columns ? { node: id, rows, columns } : undefined
}
