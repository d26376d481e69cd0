import { DataError } from '../data/error.ts'
import { buildTrainStep } from '../graph/compile/train-step.ts'
import { optimizersOf } from '../graph/insight/optimizers.ts'
import { printProgram } from '../ir/print.ts'
import type { Program } from '../ir/program.ts'
import { lowerToJax } from '../lower/jax/lower.ts'
import { lowerToStableHlo } from '../lower/stablehlo/lower.ts'
import type { GraphSource } from '../protocol/messages.ts'
import type { EngineContext } from './context.ts'
import { allSlices, evaluationSlices } from './evaluation-slices.ts'
import { GraphErrors, loadGraph } from './load.ts'
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
      const optimizers = await optimizersOf(loaded.graph, n.id)
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
