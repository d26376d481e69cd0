import { splitWire, type Wire } from '../../graph/document.ts'
import type { GraphNodes } from '../../graph/slice.ts'
import type { WatchSpec } from '../../protocol/watch.ts'
import { readOf } from './sample.ts'

/** The pictures and texts that a watched wire is seen over: those that its tokens or its pairs were made from. */
export function picturesAndTexts(graph: GraphNodes, { wire, inner }: WatchSpec): readonly Wire[] {
  const { node, port } = splitWire(wire)
  const type = graph.nodes.get(node)?.outputs[port]
  const isSequence =
    inner !== undefined ||
    (type?.kind === 'record' && type.record !== 'loss') ||
    (type?.kind === 'tensor' && type.dims.some(d => d.name === 'token' || d.name === 'length'))
  if (!isSequence) return []
  return [...readOf(graph, wire, 'picture'), ...readOf(graph, wire, 'text')].filter(w => w !== wire)
}
