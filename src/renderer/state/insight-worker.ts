import { checkGraph } from '../../graph/check.ts'
import { type ParamJson, references, splitWire, wiresOf } from '../../graph/document.ts'
import { optimizersOf } from '../../graph/insight/optimizers.ts'
import { type TrainInsight, trainInsight } from '../../graph/insight/train-insight.ts'
import { registry } from '../../nodes/index.ts'
import type { InsightAnswer, InsightQuestion } from './insight.ts'

// The worker's thread: counts what each Train costs, while the window draws.

const port = globalThis as unknown as {
  onmessage: (event: { readonly data: InsightQuestion }) => void
  postMessage: (answer: InsightAnswer) => void
}

/** What was told of a Train, for as long as nothing that it is made from has changed. */
const kept = new Map<string, { readonly key: string; readonly insight: TrainInsight }>()
let newest = 0

port.onmessage = ({ data }) => {
  newest = data.id
  void answer(data)
}

async function answer({ id, document, schemas }: InsightQuestion): Promise<void> {
  const graph = checkGraph(document, registry, schemas)
  const trains: TrainInsight[] = []
  for (const node of graph.nodes.values()) {
    if (node.def.kind !== 'train') continue
    // Questions that have come meanwhile are heard in between.
    await new Promise(resolve => setTimeout(resolve, 0))
    if (id !== newest) return
    const key = keyOf(node.id)
    const known = kept.get(node.id)
    try {
      const insight =
        known?.key === key ? known.insight : trainInsight(graph, node.id, await optimizersOf(graph, node.id))
      kept.set(node.id, { key, insight })
      trains.push(insight)
    } catch {
      // What can't be built is told when it is run or checked; here there is just nothing to tell of it.
      kept.delete(node.id)
    }
  }
  port.postMessage({ id, trains })

  /** Everything that a Train reads, directly or not. */
  function keyOf(train: string): string {
    const found = new Map<string, unknown>()
    const visit = (of: string): void => {
      const node = graph.nodes.get(of)
      if (!node || found.has(of)) return
      found.set(of, [node.json.type, node.params, node.json.in, node.outputs])
      for (const given of Object.values(node.json.in))
        for (const wire of wiresOf(given)) visit(splitWire(wire).node)
      for (const { node: other } of references(node.params as ParamJson)) visit(other)
    }
    visit(train)
    return JSON.stringify([...found])
  }
}
