import { basename, dirname, join } from 'node:path'
import type { GraphSource, PlannedNode, RunOptions } from '../../protocol/messages.ts'
import { backendFingerprint } from '../backends.ts'
import type { EngineContext } from '../context.ts'
import { GraphErrors, loadGraph } from '../load.ts'
import { NodeFailure } from '../node-failure.ts'
import { keysOfRunBefore } from '../reasons.ts'
import { neededNodes } from '../run.ts'
import { Planner } from './planner.ts'

type PlanOptions = Pick<RunOptions, 'engine' | 'out' | 'fresh' | 'platform' | 'devices'>

/** What a run of a graph would do, node by node and why, in the run's order. Makes nothing and trains nothing. */
export async function planGraph(
  source: GraphSource,
  { engine, out, fresh, platform, devices }: PlanOptions,
  context: EngineContext,
): Promise<PlannedNode[]> {
  const loaded = await loadGraph(source, context)
  if (!loaded.graph.ok) throw new GraphErrors(loaded.graph.diagnostics)
  const { file } = source
  const quiet: EngineContext = { ...context, emit: () => {}, looksOnly: true }
  const { cacheDir } = context
  const fingerprint = await backendFingerprint(engine, { cacheDir, warn: () => {}, platform, devices })
  const runs = join(out ?? join(dirname(file), '.diptych'), 'runs')
  const before = await keysOfRunBefore(runs, basename(file).replace(/\.json$/, ''))
  const planner = new Planner(loaded, before, fingerprint, fresh, quiet)
  const needed = new Set(neededNodes(loaded).map(n => n.id))
  const plan: PlannedNode[] = []
  for (const node of loaded.graph.nodes.values()) {
    context.signal.throwIfAborted()
    if (!needed.has(node.id)) {
      if (node.def.kind === 'host') plan.push({ node: node.id, does: 'nothing' })
      continue
    }
    try {
      const planned = await planner.plan(node)
      if (planned) plan.push(planned)
    } catch (e) {
      throw e instanceof Error && e.name === 'AbortError' ? e : new NodeFailure(node.id, e)
    }
  }
  return plan
}
