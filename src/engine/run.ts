import { dirname, join } from 'node:path'
import { writeFileAtomic } from '../data/atomic.ts'
import { DataError } from '../data/error.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { type Wire, wiresOf } from '../graph/document.ts'
import type { HostValue, Report } from '../graph/host.ts'
import { wireOf } from '../graph/slice.ts'
import { writeGraph } from '../graph/write.ts'
import type { GraphSource, Result, RunOptions } from '../protocol/messages.ts'
import { openBackendFor } from './backends.ts'
import { type DeviceContext, type EngineContext, Stopped } from './context.ts'
import type { WithChanges } from './edits.ts'
import { runEvaluator } from './evaluate.ts'
import { type Fork, forkAt, nameOf, readFork, writeFork } from './fork.ts'
import { runHostNode } from './host-nodes.ts'
import { GraphErrors, type LoadedGraph, loadGraph } from './load.ts'
import { NodeFailure } from './node-failure.ts'
import { withPictures } from './pictures.ts'
import { Reasons } from './reasons.ts'
import { lockRun } from './run-lock.ts'
import { RunStore } from './run-store.ts'
import { runTiming } from './timing-node.ts'
import { runTrain } from './train.ts'
import { trainingCurve } from './training-curve.ts'
import { upstreamOf } from './upstream.ts'
import { asDataset } from './values.ts'
import type { TrainedWeights } from './weights.ts'

/** Runs a whole graph: host nodes, Trains and evaluators in their canonical order, each from the cache if it can. */
export async function runGraph(
  source: GraphSource,
  options: RunOptions,
  context: EngineContext,
): Promise<Result> {
  const loaded = await loadGraph(source, context)
  const { graph } = loaded
  if (!graph.ok) throw new GraphErrors(graph.diagnostics)
  for (const d of graph.diagnostics)
    context.emit({ type: 'log', level: 'warning', node: d.node, message: d.message })
  const fork = options.forkFrom === undefined ? undefined : await forkOf(options.forkFrom, graph, options)
  const run = options.resumeFrom
    ? await RunStore.open(options.resumeFrom)
    : await RunStore.create(
        options.out ?? join(dirname(source.file), '.diptych'),
        source.file,
        writeGraph(loaded.document),
      )
  const withChanges: WithChanges = async changes => {
    const overrides = [...source.overrides, ...changes]
    return (await loadGraph({ ...source, overrides }, { ...context, emit: () => {} })).graph
  }
  const warn = (message: string) => context.emit({ type: 'log', level: 'warning', message })
  const unlock = await lockRun(run.path, context.signal, warn)
  try {
    if (fork) await writeFork(run.path, fork)
    if (options.resumeFrom) await sayWhatResumes(loaded, run, options.resumeFrom, warn)
    context.emit({ type: 'run', folder: run.path })
    await writeFileAtomic(join(run.path, 'schemas.json'), JSON.stringify(loaded.schemas))
    return await runNodes({ ...loaded, withChanges }, run, options, context)
  } finally {
    await unlock()
  }
}

/** The fork that was asked for; refused where this graph has no such Train. */
async function forkOf(from: string, graph: CheckedGraph, { resumeFrom }: RunOptions): Promise<Fork> {
  if (resumeFrom !== undefined) throw new DataError('A run is either resumed or forked, not both.')
  const fork = await forkAt(from)
  if (graph.nodes.get(fork.train)?.def.kind === 'train') return fork
  throw new DataError(
    `${from} was made by the Train "${fork.train}", which this graph does not have: fork it with the graph of that run, edited.`,
  )
}

/** Refuses another graph's run, and says so where there is nothing to go on from yet. */
async function sayWhatResumes(
  { graph }: LoadedGraph,
  run: RunStore,
  from: string,
  warn: (message: string) => void,
): Promise<void> {
  const trains = [...graph.nodes.values()].filter(n => n.def.kind === 'train').map(n => n.id)
  if (await run.resumable(from, trains)) return
  const fork = await readFork(run.path)
  const start = fork ? `goes on from ${nameOf(fork)}` : 'starts from step 0'
  warn(`${run.path} has no committed checkpoint yet: training ${start}.`)
}

interface RunGraph extends LoadedGraph {
  readonly withChanges: WithChanges
}

async function runNodes(
  loaded: RunGraph,
  run: RunStore,
  options: RunOptions,
  context: EngineContext,
): Promise<Result> {
  const reasons = await Reasons.open(run.path)
  const backend = await openBackendFor(context, options)
  context.guests?.lend({ backend, asked: options })
  const reports: Record<string, Report> = {}
  const state: RunState = { values: new Map(), weights: new Map() }
  const attribution = () => attributionOf(state.values)
  try {
    for (const node of neededNodes(loaded)) {
      await context.guests?.serve()
      await context.gate(node.id)
      const how = context.stopping()
      if (how) throw new Stopped(how)
      try {
        const leftOut: EngineContext['leftOut'] = (id, rows) => run.leftOut(id, rows)
        const report = await runNode(node, loaded, state, run, options, {
          ...context,
          backend,
          leftOut,
          reasons,
        })
        await run.writeLeftOut()
        if (report) {
          reports[node.id] = report
          await run.report(node.id, report)
          context.emit({ type: 'report', node: node.id, report })
        }
      } catch (e) {
        throw e instanceof Stopped || e instanceof NodeFailure || isAbort(e) ? e : new NodeFailure(node.id, e)
      }
    }
    return { type: 'result', reports, run: run.path, outcome: 'completed', attribution: attribution() }
  } catch (e) {
    const how = context.stopping()
    if (how && (e instanceof Stopped || isAbort(e))) {
      const outcome = how === 'checkpoint' ? 'stopped' : 'cancelled'
      return { type: 'result', reports, run: run.path, outcome, attribution: attribution() }
    }
    throw e
  } finally {
    await context.guests?.end()
    backend.close()
    await reasons.save().catch(() => {
      // Only what the next run says of itself depends on it.
    })
  }
}

const isAbort = (e: unknown): boolean => e instanceof Error && e.name === 'AbortError'

interface RunState {
  readonly values: Map<Wire, HostValue>
  readonly weights: Map<Wire, TrainedWeights>
}

async function runNode(
  node: CheckedNode,
  { graph, folder, withChanges }: RunGraph,
  state: RunState,
  run: RunStore,
  options: RunOptions,
  context: DeviceContext,
): Promise<Report | undefined> {
  if (node.def.kind === 'host') {
    const outputs = await runHostNode(node, state.values, folder, graph.seed, context)
    for (const [port, value] of Object.entries(outputs)) state.values.set(`${node.id}.${port}`, value)
    const made = Object.values(outputs).find(value => value.kind === 'report')
    return made?.value
  } else if (node.def.kind === 'train') {
    const made = await runTrain(
      { graph, withChanges, folder },
      node,
      state.values,
      state.weights,
      run,
      options,
      context,
    )
    for (const [port, weights] of Object.entries(made)) state.weights.set(`${node.id}.${port}`, weights)
    const curve: Wire = `${node.id}.curve`
    if (isRead(graph, curve))
      state.values.set(curve, { kind: 'report', value: trainingCurve(await run.readMetrics(node.id)) })
  } else if (node.def.kind === 'evaluator') {
    const wire = wireOf(node, 'weights')
    const weights = wire ? state.weights.get(wire) : undefined
    if (!weights) throw new DataError('its weights do not come from a Train')
    const report = await runEvaluator(graph, node, state.values, weights, state.weights, options, context)
    state.values.set(`${node.id}.report`, { kind: 'report', value: report })
    return withPictures(report, graph, node, state.values, run.path, context)
  } else if (node.def.kind === 'timing') {
    const report = await runTiming(graph, node, state.values, state.weights, options, context)
    state.values.set(`${node.id}.report`, { kind: 'report', value: report })
    return report
  }
  return undefined
}

const isRead = (graph: CheckedGraph, wire: Wire): boolean =>
  [...graph.nodes.values()].some(n => Object.values(n.json.in).some(w => wiresOf(w).includes(wire)))

/** The nodes that a Train or a report needs, in canonical order; what nobody reads does not run. */
export function neededNodes({ graph }: Pick<LoadedGraph, 'graph'>): CheckedNode[] {
  const nodes = [...graph.nodes.values()]
  const reports = (n: CheckedNode) => Object.values(n.outputs).some(t => t.kind === 'report')
  const wanted = nodes.filter(n => n.def.kind === 'train' || reports(n)).map(n => n.id)
  const needed = upstreamOf(graph, wanted)
  return nodes.filter(n => needed.has(n.id))
}

/** Whose work the datasets of a run hold, each once. */
function attributionOf(values: ReadonlyMap<Wire, HostValue>): string[] {
  const lines = new Set<string>()
  for (const value of values.values()) {
    if (value.kind !== 'dataset') continue
    for (const a of asDataset(value).schema.attribution ?? []) lines.add(`${a.name}: ${a.by} (${a.licence})`)
  }
  return [...lines]
}
