import { DataError } from '../data/error.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { buildTrainStep, type GraphTrainStep, type TrainStep } from '../graph/compile/train-step.ts'
import { splitWire, type Wire, wiresOf } from '../graph/document.ts'
import type { HostValue, SettingsValue } from '../graph/host.ts'
import type { TrainNode } from '../graph/kit.ts'
import type { OptimizerValue } from '../nn/optimizers/index.ts'
import type { ParamChange } from '../protocol/messages.ts'
import type { EngineContext } from './context.ts'
import { runHostNode } from './host-nodes.ts'

/** Checks the run's graph with other parameters. */
export type WithChanges = (changes: readonly ParamChange[]) => Promise<CheckedGraph>

/** A Train whose parameters, or those of what it is wired to, are to be changed while it trains. */
export interface Edited {
  readonly train: string
  /** What it trains with as the run began. */
  readonly graph: CheckedGraph
  readonly step: TrainStep
  readonly values: ReadonlyMap<Wire, HostValue>
  readonly withChanges: WithChanges
  readonly folder: string
  readonly context: EngineContext
}

/**
 * The steps of a Train with other parameters. What may change are settings of the Train itself, of its optimizers and
 * schedules and of what makes its losses from others, and only so far as weights, state and batches stay what they
 * are; throws a `DataError` that says what is in the way.
 */
export async function editedStep(edited: Edited, changes: readonly ParamChange[]): Promise<GraphTrainStep> {
  const { train, values, withChanges } = edited
  const sources = settingsOf(edited.graph, train)
  for (const { node, param } of changes) refuseFixed(edited.graph, node, param, train, sources)
  const graph = await withChanges(changes)
  const fault = graph.diagnostics.find(d => d.severity === 'error')
  if (fault) throw new DataError(`${fault.node ? `"${fault.node}": ` : ''}${fault.message}`)
  const made = new Map(values)
  const quiet = { ...edited.context, emit: () => {}, reasons: undefined }
  for (const node of graph.nodes.values()) {
    if (!sources.has(node.id)) continue
    const outputs = await runHostNode(node, made, edited.folder, graph.seed, quiet)
    for (const [port, value] of Object.entries(outputs)) made.set(`${node.id}.${port}`, value)
  }
  const optimizers = wiresOf(graph.nodes.get(train)!.json.in.optimizer).map(
    wire => (made.get(wire) as SettingsValue).value as OptimizerValue,
  )
  const step = buildTrainStep(graph, train, optimizers)
  refuseOther(edited, graph, step)
  return step
}

/** The optimizers and schedules that a Train is wired to. */
function settingsOf(graph: CheckedGraph, train: string): ReadonlySet<string> {
  const found = new Set<string>()
  const todo = wiresOf(graph.nodes.get(train)!.json.in.optimizer).map(w => splitWire(w).node)
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    const node = graph.nodes.get(id)
    if (!node || found.has(id) || node.def.kind !== 'host') continue
    found.add(id)
    todo.push(...Object.values(node.json.in).flatMap(w => wiresOf(w).map(one => splitWire(one).node)))
  }
  return found
}

const makesLoss = ({ def, outputs }: CheckedNode): boolean =>
  def.kind === 'device' && Object.values(outputs).every(t => t.kind === 'record' && t.record === 'loss')

/** Refuses what is no setting of the training. */
function refuseFixed(
  graph: CheckedGraph,
  id: string,
  param: string,
  train: string,
  sources: ReadonlySet<string>,
): void {
  const node = graph.nodes.get(id)
  if (!node) throw new DataError(`the run has no node "${id}"`)
  if (id === train || sources.has(id) || makesLoss(node)) return
  throw new DataError(
    `"${param}" of "${id}" can't be changed while "${train}" trains: only settings of it, of its optimizers and ` +
      'schedules, and of nodes that make a loss can. Run the graph anew, or fork the run.',
  )
}

/** Refuses an edit after which the state would not fit, or other steps would be taken. */
function refuseOther({ graph, train, step }: Edited, other: CheckedGraph, next: TrainStep): void {
  const settings = (g: CheckedGraph) => {
    const node = g.nodes.get(train)!
    const { steps, seed, pairedWith } = (node.def as TrainNode).settings(node.params)
    return JSON.stringify([steps, seed, pairedWith])
  }
  const refuse = (what: string) => {
    throw new DataError(
      `this would change ${what} of "${train}", which can't be done while it trains. Run the graph anew.`,
    )
  }
  if (settings(graph) !== settings(other)) refuse('the number of steps or the seed')
  const weights = (s: TrainStep) => JSON.stringify(s.weights.map(w => [w.name, w.shape, w.role]))
  const state = (s: TrainStep) => JSON.stringify(s.state.map(a => [a.name, a.type]))
  const read = (s: TrainStep) => JSON.stringify([s.batch, s.bound.map(w => w.name)])
  if (weights(step) !== weights(next)) refuse('the weights')
  if (state(step) !== state(next)) refuse("the optimizer's state")
  if (read(step) !== read(next)) refuse('what is read from the data')
}

/** What was not changed and why; a failure that no person can have caused is thrown on. */
export function refusalOf(
  error: unknown,
  changes: readonly ParamChange[],
): { readonly node: string | undefined; readonly message: string; readonly refused: true } {
  if (!(error instanceof Error)) throw error
  const what = changes.map(c => `${c.node}.${c.param} = ${JSON.stringify(c.value)}`).join(', ')
  return { node: changes[0]?.node, message: `Not changed (${what}): ${error.message}`, refused: true }
}
