import type { CheckedNode } from './check.ts'
import { GraphFault } from './diagnostic.ts'
import { fieldsOf, type GraphNodes, operandsOf } from './slice.ts'

/**
 * A node that compares two sides takes row i of one with row i of the other as a pair. Each Batch has its
 * own order, so sides from different Batches are paired at random: legal, and hardly ever meant.
 */
export function checkPairing(graph: GraphNodes, node: CheckedNode): GraphFault[] {
  if (node.def.kind !== 'device' || !node.def.pairs) return []
  const operands = operandsOf(graph, `${node.id}.`)
  if (!operands) return []
  const batches = (wire: string) => [...new Set(fieldsOf(graph, [wire]).map(f => f.batch))]
  const [rows, columns] = [batches(operands.rows), batches(operands.columns)]
  if (rows.length === 0 || columns.length === 0 || rows.some(b => columns.includes(b))) return []
  const { rows: first, columns: second } = node.def.pairs
  return [
    new GraphFault(
      'DT051',
      `"${first}" is made from the Batch ${list(rows)} and "${second}" from ${list(columns)}; each Batch has its own order, so row i of one is no pair of row i of the other`,
      { port: second, hint: 'Take both sides from one Batch.' },
    ),
  ]
}

const list = (names: readonly string[]): string => names.map(n => `"${n}"`).join(', ')
