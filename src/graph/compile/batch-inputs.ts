import type { TensorType } from '../../ir/types.ts'
import type { Wire } from '../document.ts'
import { fieldsOf, type GraphNodes } from '../slice.ts'
import { rawFields, rawName } from './raw-fields.ts'

/** One argument that comes from the batch, and where the engine gets it. */
export interface BatchInput {
  readonly name: string
  readonly batch: string
  readonly port: string
  readonly raw: string
  readonly type: TensorType
}

/** The batch arguments that staging `wires` at the Batches' own sizes, or at `rows` rows, reads. */
export function batchInputs(graph: GraphNodes, wires: readonly Wire[], rows?: number): BatchInput[] {
  return fieldsOf(graph, wires).flatMap(f => {
    const node = graph.nodes.get(f.batch)!
    const size = rows ?? (node.def.kind === 'batch' ? node.def.rows(node.params) : 0)
    return Object.entries(rawFields(f.derivation, size)).map(([raw, type]) => ({
      name: rawName(f.batch, f.port, raw),
      batch: f.batch,
      port: f.port,
      raw,
      type,
    }))
  })
}
