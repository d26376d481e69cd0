import { gradient } from '../../ir/autodiff/gradient.ts'
import { Builder } from '../../ir/builder.ts'
import { flopsByOrigin } from '../../ir/flops.ts'
import { type Equation, liveEquations, type Var } from '../../ir/program.ts'
import { byteLength, elementCount } from '../../ir/types.ts'
import type { OptimizerValue } from '../../nn/optimizers/index.ts'
import { termsOf } from '../compile/losses.ts'
import { type Objective, survey } from '../compile/objectives.ts'
import { StepBuild } from '../compile/step-build.ts'
import { buildTrainStep } from '../compile/train-step.ts'
import type { WeightSpec } from '../compile/weights.ts'
import { type Wire, wiresOf } from '../document.ts'
import { overriddenGraph } from '../overrides.ts'
import type { GraphNodes } from '../slice.ts'
import { keptBytes } from './activations.ts'
import { type WireFlow, wireFlows } from './wire-flow.ts'

/** What one node costs in one Train. */
export interface NodeCost {
  /** Numbers in its weights, and those of them that this Train changes. */
  readonly parameters: number
  readonly trained: number
  /** Numbers in its state: running statistics, codebooks. */
  readonly state: number
  /** Floating-point operations of a step: of the forward pass, and of all of it. */
  readonly forwardFlops: number
  readonly stepFlops: number
  /** Bytes of its activations that are kept for the backward pass, of one part of the batch where it is split. */
  readonly keptBytes: number
}

/** What is known of a Train from its graph alone, before anything is compiled. */
export interface TrainInsight {
  readonly train: string
  readonly nodes: Readonly<Record<string, NodeCost>>
  readonly total: NodeCost
  /** Bytes of all weights and states, and of what the optimizer keeps beside them. */
  readonly weightBytes: number
  readonly optimizerBytes: number
  /** What a gradient does on the wires that its losses are made from. */
  readonly flows: Readonly<Record<Wire, WireFlow>>
}

/** Counts parameters, operations and kept activations of a Train by node. Throws as `buildTrainStep` does. */
export function trainInsight(
  graph: GraphNodes,
  train: string,
  optimizers: readonly OptimizerValue[],
): TrainInsight {
  const node = graph.nodes.get(train)!
  if (node.def.kind !== 'train') throw new Error(`${train} is not a Train`)
  const settings = node.def.settings(node.params)
  const losses = wiresOf(node.json.in.loss)
  const context = { graph: overriddenGraph(graph, node), train, settings }
  const step = buildTrainStep(graph, train, optimizers)
  const { objectives, weights } = survey(context, losses, optimizers)
  const staged = stageOnce(new StepBuild(context, new Builder()), objectives)
  const nodes = new Map<string, NodeCost>()
  const owner = ownerIn(graph)
  const trained = new Set(objectives.flatMap(o => o.weights.map(w => w.name)))
  for (const w of weights) add(nodes, owner(w.name), weightCost(w, trained.has(w.name)))
  for (const [id, n] of flopsByOrigin(staged.live)) add(nodes, id, { forwardFlops: n * settings.accumulate })
  for (const [id, n] of keptBytes(staged.forward, staged.backward)) add(nodes, id, { keptBytes: n })
  for (const [id, n] of largestStep(step.variants.map(v => flopsByOrigin(v.program.equations))))
    add(nodes, id, { stepFlops: n })
  const all = new Map<string, NodeCost>()
  for (const cost of nodes.values()) add(all, 'total', cost)
  return {
    train,
    nodes: Object.fromEntries(nodes),
    total: all.get('total') ?? NOTHING,
    weightBytes: step.weights.reduce((n, w) => n + 4 * elementCount(w.shape), 0),
    optimizerBytes: step.state.reduce((n, s) => n + byteLength(s.type), 0),
    flows: wireFlows(context.graph, losses, staged, trained),
  }
}

const NOTHING: NodeCost = {
  parameters: 0,
  trained: 0,
  state: 0,
  forwardFlops: 0,
  stepFlops: 0,
  keptBytes: 0,
}

function add(into: Map<string, NodeCost>, id: string, more: Partial<NodeCost>): void {
  const sum: Record<string, number> = { ...(into.get(id) ?? NOTHING) }
  for (const [name, n] of Object.entries(more)) sum[name] = sum[name]! + n
  into.set(id, sum as unknown as NodeCost)
}

function weightCost({ role, shape }: WeightSpec, isTrained: boolean): Partial<NodeCost> {
  const n = elementCount(shape)
  return role === 'state' ? { state: n } : { parameters: n, trained: isTrained ? n : 0 }
}

/** The node that a weight is named after: names are `node-id/path`, and ids in subgraphs hold `/` too. */
function ownerIn({ nodes }: GraphNodes): (weight: string) => string {
  return weight => {
    for (let end = weight.lastIndexOf('/'); end > 0; end = weight.lastIndexOf('/', end - 1))
      if (nodes.has(weight.slice(0, end))) return weight.slice(0, end)
    return weight
  }
}

/** A stage's losses and their gradients, in two lists of equations. */
export interface Staged {
  readonly build: StepBuild
  /** The value of a wire that the losses are made from. */
  readonly stage: ReturnType<StepBuild['stage']>
  readonly forward: readonly Equation[]
  /** Of the forward pass, what the losses need. */
  readonly live: readonly Equation[]
  readonly backward: readonly Equation[]
  readonly ends: readonly Var[]
}

function stageOnce(build: StepBuild, objectives: readonly Objective[]): Staged {
  const { b, context, weights } = build
  const { accumulate } = context.settings
  const stage = build.stage({
    updates: build.updates.staging(),
    ...(accumulate > 1 && { rows: (own: number) => own / accumulate }),
  })
  const terms = objectives.map(o => termsOf(stage, o.wire))
  const ends = terms.flatMap(({ sum, count }) => [sum, count])
  const forward = b.equations.slice()
  objectives.forEach((o, k) => {
    const { sum, count } = terms[k]!
    gradient(
      b,
      b.div(sum, count),
      o.weights.map(w => weights.value(w.name)),
    )
  })
  return {
    build,
    stage,
    forward,
    live: liveEquations(forward, ends),
    backward: b.equations.slice(forward.length),
    ends,
  }
}

/** The operations of the step that works most. */
function largestStep(steps: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((n, k) => n + k, 0)
  return steps.reduce((most, counts) => (total(counts) > total(most) ? counts : most))
}
