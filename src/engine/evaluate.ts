import { hashOf } from '../data/hash.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import type { Wire } from '../graph/document.ts'
import { datasetInputs } from '../graph/evaluator-needs.ts'
import type { HostValue, Report } from '../graph/host.ts'
import type { EvaluatorNode } from '../graph/kit.ts'
import { fieldsOf, wireOf } from '../graph/slice.ts'
import { printProgram } from '../ir/print.ts'
import { codeOf } from './code-hash.ts'
import { type DeviceContext, keepIfPossible } from './context.ts'
import { Evaluation } from './evaluation.ts'
import { tokenizerOf } from './evaluation-rows.ts'
import { allSlices, evaluationSlices, wireSlices } from './evaluation-slices.ts'
import { readReport, writeReport } from './report-cache.ts'
import { asDataset } from './values.ts'
import { boundHashes, type TrainedWeights, type WeightWires } from './weights.ts'

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
  const programs = allSlices(slices)
  const inputs = datasetInputs(def).flatMap(input => {
    const wire = wireOf(node, input)
    return wire ? [[input, asDataset(values.get(wire))] as const] : []
  })
  const datasets = new Map(inputs)
  const read = wireSlices(slices).map(w => w.wire)
  const tokenizers = fieldsOf(graph, read).flatMap(f => tokenizerOf(graph, f, values) ?? [])
  const bound = boundHashes(
    programs.flatMap(s => s.weights),
    wires,
  )
  const parts = {
    code: hashOf(codeOf(def, context.codeHash)),
    params: hashOf(node.params),
    inputs: hashOf([inputs.map(([, d]) => d.hash), tokenizers.map(t => t.hash)]),
    weights: bound.length ? hashOf([weights.hash, bound]) : weights.hash,
    program: hashOf(programs.map(s => printProgram(s.program))),
    engine: context.backend.fingerprint,
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
