import { DataError } from '../data/error.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { buildTrainStep } from '../graph/compile/train-step.ts'
import { optimizersOf } from '../graph/insight/optimizers.ts'
import type { Command, MeasuredTrain } from '../protocol/messages.ts'
import type { Backend } from '../runtime/backend.ts'
import { openBackend } from './backends.ts'
import { type EngineContext, progressOf } from './context.ts'
import type { Guests } from './guests.ts'
import { GraphErrors, loadGraph } from './load.ts'
import { memoryAdvice } from './memory-advice.ts'
import { NodeFailure } from './node-failure.ts'
import { fitOf } from './step-facts.ts'
import { compileVariants, freeAll } from './train-stage.ts'

type MeasureCommand = Extract<Command, { type: 'measure' }>

export interface Surroundings {
  /** Those of the run that is under way; undefined where there is none. */
  readonly host: Guests | undefined
  /** Resolves when nothing else has a device. */
  readonly turn: () => Promise<unknown>
}

/**
 * Compiles the programs of Trains, as their first step would, and says what memory they need. What was compiled is
 * kept in the compiler's cache, so that the run that follows does not compile it again. While a run is under way it is
 * done between two of its steps.
 */
export async function measureTrains(
  { graph: source, train, options }: MeasureCommand,
  context: EngineContext,
  { host, turn }: Surroundings,
): Promise<MeasuredTrain[]> {
  const { graph } = await loadGraph(source, context)
  if (!graph.ok) throw new GraphErrors(graph.diagnostics)
  const all = [...graph.nodes.values()].filter(n => n.def.kind === 'train')
  const chosen = train === undefined ? all : all.filter(n => n.id === train)
  if (train !== undefined && chosen.length === 0)
    throw new DataError(`there is no Train "${train}"; there is: ${all.map(n => n.id).join(', ') || 'none'}`)
  const besideRun = await host?.visit(({ backend, asked }) =>
    sameDevices(asked, options)
      ? measureOn(backend, graph, chosen, context, true)
      : withBackend(options, context, backend => measureOn(backend, graph, chosen, context, true)),
  )
  if (besideRun) return besideRun
  await turn()
  return withBackend(options, context, backend => measureOn(backend, graph, chosen, context, false))
}

/** Opens a backend for a job. */
async function withBackend<T>(
  { engine, ...devices }: MeasureCommand['options'],
  { cacheDir, signal }: EngineContext,
  job: (backend: Backend) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const backend = await openBackend(engine, { cacheDir, warn: () => {}, ...devices })
  try {
    return await job(backend)
  } finally {
    backend.close()
  }
}

const sameDevices = (a: MeasureCommand['options'], b: MeasureCommand['options']): boolean =>
  a.engine === b.engine && a.platform === b.platform && (a.devices ?? 1) === (b.devices ?? 1)

async function measureOn(
  backend: Backend,
  graph: CheckedGraph,
  trains: readonly CheckedNode[],
  context: EngineContext,
  besideRun: boolean,
): Promise<MeasuredTrain[]> {
  const measured: MeasuredTrain[] = []
  for (const node of trains) {
    context.signal.throwIfAborted()
    progressOf(node.id, context)('compiling', 0, 0)
    const began = performance.now()
    try {
      const step = buildTrainStep(graph, node.id, await optimizersOf(graph, node.id))
      const { executables, facts } = await compileVariants(step, backend)
      freeAll(executables)
      const memory = backend.memory?.()
      // What the run holds is free again once it has ended.
      const fit = fitOf(
        facts,
        besideRun && memory ? { ...memory, availableBytes: memory.totalBytes } : memory,
      )
      measured.push({
        train: node.id,
        facts,
        ...(fit && { fit }),
        ...(besideRun && { besideRun }),
        advice: fit && fit.neededBytes > fit.availableBytes ? memoryAdvice(graph, node, facts, fit) : [],
        compileSeconds: (performance.now() - began) / 1000,
        fromCache: [...executables.values()].every(e => e.fromCache),
      })
    } catch (e) {
      throw new NodeFailure(node.id, e)
    }
  }
  return measured
}
