import { basename } from 'node:path'
import { DataError } from '../data/error.ts'
import type { CheckedNode } from '../graph/check.ts'
import type { Report } from '../graph/host.ts'
import { timingReport } from '../nodes/evaluation/timing-report.ts'
import type { Command } from '../protocol/messages.ts'
import { openBackendFor } from './backends.ts'
import type { DeviceContext, EngineContext } from './context.ts'
import { freshArm, hostValuesFor } from './fresh-arm.ts'
import { GraphErrors, type LoadedGraph, loadGraph } from './load.ts'
import { type ArmStage, timeTrains } from './timing.ts'

type TimeCommand = Extract<Command, { type: 'time' }>
type TimedTrain = TimeCommand['trains'][number]

/** What events call the timing, which is no node. */
const TIMING = 'timing'

/** Times one Train of each of two graphs in turn, from the weights that their initialisers give; nothing is trained. */
export async function timeGraphs(
  { trains, plan, options }: TimeCommand,
  context: EngineContext,
): Promise<Report> {
  const loaded: { readonly graph: LoadedGraph; readonly train: CheckedNode }[] = []
  for (const wanted of trains) {
    const graph = await loadGraph(wanted.graph, context)
    if (!graph.graph.ok) throw new GraphErrors(graph.graph.diagnostics)
    loaded.push({ graph, train: trainOf(graph, wanted) })
  }
  const backend = await openBackendFor(context, options)
  const device: DeviceContext = { ...context, backend }
  const arms: ArmStage[] = []
  try {
    for (const [i, { graph, train }] of loaded.entries()) {
      const values = await hostValuesFor(graph, train, device)
      const name = `${basename(trains[i]!.graph.file)}:${train.id}`
      arms.push(await freshArm(graph, train, values, name, device))
    }
    context.emit({ type: 'node', node: TIMING, state: 'running' })
    const timing = await timeTrains([arms[0]!, arms[1]!], plan, TIMING, device)
    context.emit({ type: 'node', node: TIMING, state: 'done' })
    return timingReport(timing)
  } finally {
    for (const { stage } of arms) await stage.feed.close()
    backend.close()
  }
}

/** The Train that is asked for, or the only one. */
function trainOf({ graph }: LoadedGraph, { graph: source, train }: TimedTrain): CheckedNode {
  const all = [...graph.nodes.values()].filter(n => n.def.kind === 'train')
  const file = basename(source.file)
  const names = all.map(n => n.id).join(', ')
  if (train !== undefined) {
    const found = all.find(n => n.id === train)
    if (!found) throw new DataError(`${file} has no Train "${train}"; it has: ${names || 'none'}`)
    return found
  }
  if (all.length === 0) throw new DataError(`${file} has no Train`)
  if (all.length > 1)
    throw new DataError(`${file} has several Trains: ${names}. Say which, as in ${file}:${all[0]!.id}`)
  return all[0]!
}
