import { DataError } from '../data/error.ts'
import { buildTrainStep } from '../graph/compile/train-step.ts'
import { optimizersOf } from '../graph/insight/optimizers.ts'
import type { Command, MeasuredTrain } from '../protocol/messages.ts'
import { openBackend } from './backends.ts'
import { type EngineContext, progressOf } from './context.ts'
import { GraphErrors, loadGraph } from './load.ts'
import { memoryAdvice } from './memory-advice.ts'
import { NodeFailure } from './node-failure.ts'
import { fitOf } from './step-facts.ts'
import { compileVariants, freeAll } from './train-stage.ts'

type MeasureCommand = Extract<Command, { type: 'measure' }>

/**
 * Compiles the programs of Trains, as their first step would, and says what memory they need. What was compiled is
 * kept in the compiler's cache, so that the run that follows does not compile it again.
 */
export async function measureTrains(
  { graph: source, train, options: { engine, platform, devices } }: MeasureCommand,
  context: EngineContext,
): Promise<MeasuredTrain[]> {
  const { graph } = await loadGraph(source, context)
  if (!graph.ok) throw new GraphErrors(graph.diagnostics)
  const all = [...graph.nodes.values()].filter(n => n.def.kind === 'train')
  const chosen = train === undefined ? all : all.filter(n => n.id === train)
  if (train !== undefined && chosen.length === 0)
    throw new DataError(`there is no Train "${train}"; there is: ${all.map(n => n.id).join(', ') || 'none'}`)
  const { cacheDir } = context
  context.signal.throwIfAborted()
  const backend = await openBackend(engine, { cacheDir, warn: () => {}, platform, devices })
  const measured: MeasuredTrain[] = []
  try {
    for (const node of chosen) {
      context.signal.throwIfAborted()
      progressOf(node.id, context)('compiling', 0, 0)
      const began = performance.now()
      try {
        const step = buildTrainStep(graph, node.id, await optimizersOf(graph, node.id))
        const { executables, facts } = await compileVariants(step, backend)
        freeAll(executables)
        const fit = fitOf(facts, backend.memory?.())
        measured.push({
          train: node.id,
          facts,
          ...(fit && { fit }),
          advice: fit && fit.neededBytes > fit.availableBytes ? memoryAdvice(graph, node, facts, fit) : [],
          compileSeconds: (performance.now() - began) / 1000,
          fromCache: [...executables.values()].every(e => e.fromCache),
        })
      } catch (e) {
        throw new NodeFailure(node.id, e)
      }
    }
    return measured
  } finally {
    backend.close()
  }
}
