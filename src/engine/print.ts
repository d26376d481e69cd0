import { DataError } from '../data/error.ts'
import { buildTrainStep } from '../graph/compile/train-step.ts'
import { splitWire, type Wire, wiresOf } from '../graph/document.ts'
import type { HostValue, SettingsValue } from '../graph/host.ts'
import { printProgram } from '../ir/print.ts'
import type { Program } from '../ir/program.ts'
import { lowerToJax } from '../lower/jax/lower.ts'
import { lowerToStableHlo } from '../lower/stablehlo/lower.ts'
import type { OptimizerValue } from '../nn/optimizers/index.ts'
import type { GraphSource } from '../protocol/messages.ts'
import type { EngineContext } from './context.ts'
import { allSlices, evaluationSlices } from './evaluation-slices.ts'
import { runHostNode } from './host-nodes.ts'
import { GraphErrors, type LoadedGraph, loadGraph } from './load.ts'
import { NodeFailure } from './node-failure.ts'

interface Printed {
  readonly program: Program
  readonly donate?: readonly number[]
}

type Form = 'ir' | 'stablehlo' | 'jax'

const PRINTERS: Record<Form, (printed: Printed) => string> = {
  ir: ({ program }) => printProgram(program, { origins: true }),
  stablehlo: ({ program, donate }) => lowerToStableHlo(program, { donate }),
  jax: ({ program }) => lowerToJax(program),
}

/** The programs of a graph, or of one node, as IR, as StableHLO or as Python. Reads no data. */
export async function printGraph(
  source: GraphSource,
  node: string | undefined,
  form: Form,
  context: EngineContext,
): Promise<string> {
  const loaded = await loadGraph(source, context)
  if (!loaded.graph.ok) throw new GraphErrors(loaded.graph.diagnostics)
  const { nodes } = loaded.graph
  if (node !== undefined && !nodes.has(node))
    throw new DataError(`there is no node "${node}"; there is: ${[...nodes.keys()].join(', ')}`)
  const chosen = [...nodes.values()].filter(n => node === undefined || n.id === node)
  const programs: Printed[] = []
  for (const n of chosen) {
    if (n.def.kind === 'train') {
      const optimizers = await optimizersOf(loaded, n.id, context)
      programs.push(...onNode(n.id, () => buildTrainStep(loaded.graph, n.id, optimizers)).variants)
    } else if (n.def.kind === 'evaluator') {
      programs.push(...allSlices(evaluationSlices(loaded.graph, n)))
    }
  }
  if (programs.length === 0)
    throw new DataError(
      `nothing compiles ${node ? `for "${node}"` : 'in this graph'}: only Trains and evaluators do`,
    )
  return programs.map(PRINTERS[form]).join('\n')
}

/** What building a node's programs finds wrong is told of that node. */
function onNode<T>(node: string, build: () => T): T {
  try {
    return build()
  } catch (e) {
    throw new NodeFailure(node, e)
  }
}

/** Optimizers and schedules are settings: their nodes run without any data. */
async function optimizersOf(
  loaded: LoadedGraph,
  train: string,
  context: EngineContext,
): Promise<OptimizerValue[]> {
  const values = new Map<Wire, HostValue>()
  const { graph, folder } = loaded
  const quiet: EngineContext = { ...context, emit: () => {} }
  const run = async (wire: Wire): Promise<void> => {
    const { node: id } = splitWire(wire)
    const node = graph.nodes.get(id)!
    for (const wires of Object.values(node.json.in)) for (const w of wiresOf(wires)) await run(w)
    const outputs = await runHostNode(node, values, folder, graph.seed, quiet)
    for (const [port, value] of Object.entries(outputs)) values.set(`${id}.${port}`, value)
  }
  const wires = wiresOf(graph.nodes.get(train)!.json.in.optimizer)
  for (const w of wires) await run(w)
  return wires.map(w => (values.get(w) as SettingsValue).value as OptimizerValue)
}
