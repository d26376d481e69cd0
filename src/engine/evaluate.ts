import { hashOf } from '../data/hash.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import type { Wire } from '../graph/document.ts'
import { datasetInputs } from '../graph/evaluator-needs.ts'
import type { HostValue, Report } from '../graph/host.ts'
import type { EvaluatorNode } from '../graph/kit.ts'
import { fieldsOf, wireOf } from '../graph/slice.ts'
import { printProgram } from '../ir/print.ts'
import { type CodeHash, codeOf } from './code-hash.ts'
import { type DeviceContext, keepIfPossible } from './context.ts'
import { Evaluation } from './evaluation.ts'
import { tokenizerOf } from './evaluation-rows.ts'
import { allSlices, type EvaluationSlices, evaluationSlices, wireSlices } from './evaluation-slices.ts'
import { readReport, writeReport } from './report-cache.ts'
import { asDataset } from './values.ts'
import { boundHashes, type TrainedWeights, type WeightsIdentity, type WeightWires } from './weights.ts'

/** The dataset wires of an evaluator, by input. */
export const measuredDatasets = (node: CheckedNode): readonly (readonly [input: string, wire: Wire])[] =>
  datasetInputs(node.def as EvaluatorNode).flatMap(input => {
    const wire = wireOf(node, input)
    return wire ? [[input, wire] as const] : []
  })

/** The parts of an evaluator's key that are known without its data and weights. */
export const evaluatorParts = (
  { def, params }: CheckedNode,
  slices: EvaluationSlices,
  engine: string,
  codeHash: CodeHash,
): { code: string; params: string; program: string; engine: string } => ({
  code: hashOf(codeOf(def, codeHash)),
  params: hashOf(params),
  program: hashOf(allSlices(slices).map(s => printProgram(s.program))),
  engine,
})

/** The part that its datasets and tokenizers are. */
export function measuredInputs(
  graph: CheckedGraph,
  node: CheckedNode,
  slices: EvaluationSlices,
  values: ReadonlyMap<Wire, HostValue>,
): string {
  const datasets = measuredDatasets(node).map(([, wire]) => asDataset(values.get(wire)).hash)
  const read = wireSlices(slices).map(w => w.wire)
  const tokenizers = fieldsOf(graph, read).flatMap(f => tokenizerOf(graph, f, values) ?? [])
  return hashOf([datasets, tokenizers.map(t => t.hash)])
}

/** The part that the weights are which it measures, and those that its programs are closed over. */
export function measuredWeights(
  slices: EvaluationSlices,
  weights: WeightsIdentity,
  wires: ReadonlyMap<Wire, WeightsIdentity>,
): string {
  const specs = allSlices(slices).flatMap(s => s.weights)
  const bound = boundHashes(specs, wires)
  return bound.length ? hashOf([weights.hash, bound]) : weights.hash
}

/** Measures one evaluator on the weights it is wired to, or takes its report from the cache. */
export async function runEvaluator(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  weights: TrainedWeights,
  wires: WeightWires,
  options: { readonly fresh: boolean },
  context: DeviceContext,
): Promise<Report> {
  const def = node.def as EvaluatorNode
  const slices = evaluationSlices(graph, node)
  const inputs = measuredDatasets(node).map(([input, wire]) => [input, asDataset(values.get(wire))] as const)
  const datasets = new Map(inputs)
  const parts = {
    ...evaluatorParts(node, slices, context.backend.fingerprint, context.codeHash),
    inputs: measuredInputs(graph, node, slices, values),
    weights: measuredWeights(slices, weights, wires),
  }
  const why = context.reasons?.note(node.id, parts, options.fresh)
  const key = hashOf([node.id, parts])
  if (!options.fresh) {
    const cached = await readReport(context.cacheDir, key)
    if (cached) {
      context.emit({ type: 'node', node: node.id, state: 'cached' })
      return cached
    }
  }
  context.emit({ type: 'node', node: node.id, state: 'running', why })
  const session = new Evaluation({ graph, node, values, datasets, weights, wires, slices, context })
  try {
    const { attribution } = session.dataset.schema
    const report = { ...(await def.evaluate(session, node.params)), attribution }
    await keepIfPossible(node.id, context, () => writeReport(context.cacheDir, key, report))
    context.emit({ type: 'node', node: node.id, state: 'done' })
    return report
  } finally {
    await session.free()
  }
}
