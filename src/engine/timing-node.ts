import { DataError } from '../data/error.ts'
import { hashOf } from '../data/hash.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { splitWire, type Wire } from '../graph/document.ts'
import type { HostValue, Report } from '../graph/host.ts'
import type { TimingNode } from '../graph/kit.ts'
import { wireOf } from '../graph/slice.ts'
import type { StageKey } from './checkpoint.ts'
import { type CodeHash, codeOf } from './code-hash.ts'
import { type DeviceContext, keepIfPossible } from './context.ts'
import { machineName } from './machine-load.ts'
import { readReport, writeReport } from './report-cache.ts'
import { type ArmStage, timeTrains } from './timing.ts'
import { type OpenStage, openStage } from './train.ts'
import { boundValue, startingValues, type WeightsIdentity, type WeightWires } from './weights.ts'

/** The inputs that the two Trains are found by. */
export const TIMED = ['a', 'b'] as const

/** The parts of a timing's key that are known without weights and data. */
export const timingParts = (
  { def, params }: CheckedNode,
  engine: string,
  codeHash: CodeHash,
): { code: string; params: string; engine: string; machine: string } => ({
  code: hashOf(codeOf(def, codeHash)),
  params: hashOf(params),
  engine,
  machine: machineName(),
})

/** The part that the two weights are. */
export const timedWeights = (node: CheckedNode, wires: ReadonlyMap<Wire, WeightsIdentity>): string =>
  hashOf(TIMED.map(input => wires.get(wireOf(node, input)!)!.hash))

/** The part that the steps of the two Trains and their data are. */
export const timedPrograms = (keys: readonly Pick<StageKey, 'program' | 'data'>[]): string =>
  hashOf(keys.map(key => [key.program, key.data]))

/**
 * Times the Trains that a node's two weights come from, from those weights. A time is no function of the graph: the
 * report is kept under a key that holds the machine, and not at all where it warns that the machine was busy.
 */
export async function runTiming(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  wires: WeightWires,
  options: { readonly fresh: boolean },
  context: DeviceContext,
): Promise<Report> {
  const def = node.def as TimingNode
  const stages: OpenStage[] = []
  try {
    for (const input of TIMED)
      stages.push(await openStage(graph, trainAt(graph, node, input), values, wires, context))
    const parts = {
      ...timingParts(node, context.backend.fingerprint, context.codeHash),
      weights: timedWeights(node, wires),
      program: timedPrograms(stages.map(s => s.key)),
    }
    const why = context.reasons?.note(node.id, parts, options.fresh)
    const key = hashOf([node.id, parts])
    const cached = options.fresh ? undefined : await readReport(context.cacheDir, key)
    if (cached) {
      context.emit({ type: 'node', node: node.id, state: 'cached' })
      return cached
    }
    context.emit({ type: 'node', node: node.id, state: 'running', why })
    const arms = TIMED.map((input, i): ArmStage => {
      const stage = stages[i]!
      const made = wires.get(wireOf(node, input)!)
      const { weights, bound } = stage.step
      return {
        name: stage.id,
        stage,
        weights: startingValues(weights, stage.key.seed, made),
        bound: new Map(bound.map(w => [w.name, boundValue(w, wires)])),
      }
    })
    const timing = await timeTrains([arms[0]!, arms[1]!], def.plan(node.params), node.id, context)
    const report = def.report(timing, node.params)
    if (!report.warnings?.length)
      await keepIfPossible(node.id, context, () => writeReport(context.cacheDir, key, report))
    context.emit({ type: 'node', node: node.id, state: 'done' })
    return report
  } finally {
    for (const stage of stages) await stage.feed.close()
  }
}

export function trainAt(graph: CheckedGraph, node: CheckedNode, input: string): CheckedNode {
  const { node: id } = splitWire(wireOf(node, input)!)
  const train = graph.nodes.get(id)
  if (train?.def.kind !== 'train')
    throw new DataError(`its weights "${input}" come from "${id}", which is no Train: wire those of a Train.`)
  return train
}
