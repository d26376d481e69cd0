import type { CheckedNode } from '../graph/check.ts'
import type { Wire } from '../graph/document.ts'
import type { HostValue } from '../graph/host.ts'
import type { DeviceContext, EngineContext } from './context.ts'
import { runHostNode } from './host-nodes.ts'
import type { LoadedGraph } from './load.ts'
import { NodeFailure } from './node-failure.ts'
import type { ArmStage } from './timing.ts'
import { openStage } from './train.ts'
import { upstreamOf } from './upstream.ts'
import { startingValues } from './weights.ts'

/** Runs the host nodes that a Train needs, and gives what their wires carry. */
export async function hostValuesFor(
  { graph, folder }: LoadedGraph,
  train: CheckedNode,
  context: EngineContext,
): Promise<ReadonlyMap<Wire, HostValue>> {
  const values = new Map<Wire, HostValue>()
  const needed = upstreamOf(graph, [train.id])
  for (const node of graph.nodes.values()) {
    if (node.def.kind !== 'host' || !needed.has(node.id)) continue
    const outputs = await onNode(node.id, runHostNode(node, values, folder, graph.seed, context))
    for (const [port, value] of Object.entries(outputs)) values.set(`${node.id}.${port}`, value)
  }
  return values
}

/** A Train whose steps start from what its initialisers give; nothing before it is trained. */
export async function freshArm(
  { graph }: LoadedGraph,
  train: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  name: string,
  context: DeviceContext,
): Promise<ArmStage> {
  const stage = await onNode(train.id, openStage(graph, train, values, new Map(), context))
  const { weights, bound } = stage.step
  return {
    name,
    stage,
    weights: startingValues(weights, stage.key.seed, undefined),
    bound: startingValues(bound, stage.key.seed, undefined),
  }
}

async function onNode<T>(id: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (e) {
    throw new NodeFailure(id, e)
  }
}
