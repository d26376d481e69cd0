import type { CheckedNode } from './check.ts'
import { faultOf } from './check-node.ts'
import { GraphFault } from './diagnostic.ts'
import { type Wire, wiresOf } from './document.ts'
import { checkOverrides, overriddenGraph } from './overrides.ts'
import { fieldsOf, type GraphNodes } from './slice.ts'

/** What a Train asks of the graph that it stages: overrides that fit, and batches that can be split. */
export function checkTraining(graph: GraphNodes, node: CheckedNode): readonly GraphFault[] {
  if (node.def.kind !== 'train') return []
  const faults = checkOverrides(graph, node)
  if (faults.length > 0) return faults
  const { accumulate } = node.def.settings(node.params)
  const fault = faultOf(() =>
    refuseUneven(overriddenGraph(graph, node), wiresOf(node.json.in.loss), accumulate),
  )
  return fault ? [fault] : []
}

/** Every Batch that the losses read must have a size that `n` parts divide. */
export function refuseUneven(graph: GraphNodes, losses: readonly Wire[], n: number): void {
  for (const { batch } of fieldsOf(graph, losses)) {
    const node = graph.nodes.get(batch)!
    const size = node.def.kind === 'batch' ? node.def.rows(node.params) : n
    if (size % n !== 0)
      throw new GraphFault('DT052', `${n} equal parts of the ${size} rows of "${batch}" can't be made`, {
        field: 'params.accumulate',
        hint: `Take a divisor of ${size}, or another size for the Batch.`,
      })
  }
}
