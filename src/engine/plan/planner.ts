import { hashOf } from '../../data/hash.ts'
import type { CheckedNode } from '../../graph/check.ts'
import { type Wire, wiresOf } from '../../graph/document.ts'
import type { HostValue } from '../../graph/host.ts'
import { fieldsOf, wireOf } from '../../graph/slice.ts'
import type { PlannedNode } from '../../protocol/messages.ts'
import { PARTS, type StageKey } from '../checkpoint.ts'
import type { EngineContext } from '../context.ts'
import { evaluatorParts, measuredDatasets, measuredInputs, measuredWeights } from '../evaluate.ts'
import { tokenizerWire } from '../evaluation-rows.ts'
import { allSlices, evaluationSlices, wireSlices } from '../evaluation-slices.ts'
import { inputsPart, isKept, ownParts, readCached, runHostNode } from '../host-nodes.ts'
import type { LoadedGraph } from '../load.ts'
import type { ByNode, KeyParts } from '../reasons.ts'
import { readReport } from '../report-cache.ts'
import { TIMED, timedPrograms, timedWeights, timingParts, trainAt } from '../timing-node.ts'
import { buildStage, resultHashes, stageHash } from '../train.ts'
import type { WeightsIdentity } from '../weights.ts'
import { type Expected, Outlook, type Part } from './expect.ts'
import { hasStage, type PlannedStage, planStage, stageLike } from './stage.ts'

/**
 * Goes through a graph as a run does and works out each node's key from the same parts. What a node would make that is
 * not in the cache is not known; see `Outlook` for what can be told of those after it.
 */
export class Planner {
  private readonly loaded: LoadedGraph
  private readonly outlook: Outlook
  private readonly engine: string
  private readonly fresh: boolean
  private readonly context: EngineContext
  private readonly values = new Map<Wire, HostValue>()
  private readonly weights = new Map<Wire, WeightsIdentity>()

  constructor(
    loaded: LoadedGraph,
    before: ByNode | undefined,
    engine: string,
    fresh: boolean,
    context: EngineContext,
  ) {
    this.loaded = loaded
    this.outlook = new Outlook(before)
    this.engine = engine
    this.fresh = fresh
    this.context = context
  }

  /** What becomes of a node, after those before it; undefined for nodes that only take part in programs. */
  plan(node: CheckedNode): Promise<PlannedNode> | undefined {
    switch (node.def.kind) {
      case 'host':
        return this.planHost(node)
      case 'train':
        return this.planTrain(node)
      case 'evaluator':
        return this.planEvaluator(node)
      case 'timing':
        return this.planTiming(node)
      default:
        return undefined
    }
  }

  private async planHost(node: CheckedNode): Promise<PlannedNode> {
    const { values, context, outlook } = this
    const { graph, folder } = this.loaded
    const wires = Object.keys(node.def.inputs).flatMap(port => wiresOf(node.json.in[port]))
    if (!isKept(node) && !wires.some(w => outlook.isPending(w))) {
      const outputs = await runHostNode(node, values, folder, graph.seed, context)
      for (const [port, value] of Object.entries(outputs)) values.set(`${node.id}.${port}`, value)
      return { node: node.id, does: 'anew' }
    }
    const own = await ownParts(node, folder, graph.seed, context)
    const expected = outlook.expect(
      node.id,
      { ...known(own), inputs: outlook.part(wires, () => inputsPart(node, values)) },
      false,
    )
    const cached = expected.whole ? await readCached(node, hashOf(expected.key), context) : undefined
    for (const port of Object.keys(node.outputs)) {
      const wire = `${node.id}.${port}`
      if (cached) {
        values.set(wire, cached[port]!)
        outlook.setDoubts(wire, expected.doubts)
      } else outlook.setPending(wire, { by: [node.id], same: expected.same })
    }
    return told(node, cached !== undefined, expected)
  }

  private async planTrain(node: CheckedNode): Promise<PlannedNode> {
    const { cacheDir } = this.context
    const { step, parts, isDataKnown } = await this.stage(node)
    const expected = this.outlook.expect(node.id, parts, this.fresh, PARTS)
    const exact = expected.whole ? stageHash(node.id, expected.key as unknown as StageKey) : undefined
    const alike = exact === undefined ? await stageLike(cacheDir, node.id, expected.key) : undefined
    // Pictures and texts that are packed again give the pack that there was.
    const hash = isDataKnown ? (exact ?? alike) : exact
    const cached = !this.fresh && hash !== undefined && (hash === alike || (await hasStage(cacheDir, hash)))
    const names = new Set(step.weights.map(w => w.name))
    for (const [port, made] of Object.entries(resultHashes(step, hash ?? ''))) {
      const wire = `${node.id}.${port}`
      this.weights.set(wire, { hash: made, tensors: names })
      if (hash === undefined) this.outlook.setPending(wire, { by: [node.id], same: expected.same })
      else this.outlook.setDoubts(wire, expected.doubts)
    }
    const isSure = this.fresh || (exact === undefined && alike === undefined)
    return told(node, cached, isSure ? { ...expected, doubts: [] } : expected)
  }

  private async planEvaluator(node: CheckedNode): Promise<PlannedNode> {
    const { values, weights, outlook, context, engine } = this
    const { graph } = this.loaded
    const slices = evaluationSlices(graph, node)
    const read = wireSlices(slices).map(w => w.wire)
    const data = [
      ...measuredDatasets(node).map(([, wire]) => wire),
      ...fieldsOf(graph, read).flatMap(f => tokenizerWire(graph, f) ?? []),
    ]
    const measured = wireOf(node, 'weights')!
    const bound = allSlices(slices).flatMap(s => s.weights.flatMap(w => w.bound?.wire ?? []))
    const expected = outlook.expect(
      node.id,
      {
        ...known(evaluatorParts(node, slices, engine, context.codeHash)),
        inputs: outlook.part(data, () => measuredInputs(graph, node, slices, values)),
        weights: outlook.part([measured, ...bound], () =>
          measuredWeights(slices, weights.get(measured)!, weights),
        ),
      },
      this.fresh,
    )
    return this.planReport(node, expected, true)
  }

  private async planTiming(node: CheckedNode): Promise<PlannedNode> {
    const { weights, outlook, context, engine } = this
    const trains = TIMED.map(input => trainAt(this.loaded.graph, node, input))
    const stages: PlannedStage[] = []
    for (const train of trains) stages.push(await this.stage(train))
    const wires = TIMED.map(input => wireOf(node, input)!)
    const programs = stages.map(s => s.parts.data)
    const pending = programs.flatMap(p => ('pending' in p ? [p.pending] : []))
    const expected = outlook.expect(
      node.id,
      {
        ...known(timingParts(node, engine, context.codeHash)),
        weights: outlook.part(wires, () => timedWeights(node, weights)),
        program: pending.length
          ? { pending: { by: pending.flatMap(p => p.by), same: false } }
          : { value: timedPrograms(stages.map(({ key }) => key)) },
      },
      this.fresh,
    )
    return this.planReport(node, expected, false)
  }

  /** `repeats`: whether what it makes is a function of its key. */
  private async planReport(node: CheckedNode, expected: Expected, repeats: boolean): Promise<PlannedNode> {
    const { outlook, values, context } = this
    const wire = `${node.id}.report`
    const cached =
      expected.whole && !this.fresh
        ? await readReport(context.cacheDir, hashOf([node.id, expected.key]))
        : undefined
    if (cached) {
      values.set(wire, { kind: 'report', value: cached })
      outlook.setDoubts(wire, expected.doubts)
    } else outlook.setPending(wire, { by: [node.id], same: repeats && expected.same })
    return told(node, cached !== undefined, this.fresh ? { ...expected, doubts: [] } : expected)
  }

  private stage(node: CheckedNode): Promise<PlannedStage> {
    const { graph } = this.loaded
    const built = buildStage(graph, node, this.values, this.weights, this.engine)
    return planStage(graph, node, built, this.values, this.outlook, this.context)
  }
}

const known = (parts: KeyParts): Record<string, Part> =>
  Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, { value }]))

function told({ id }: CheckedNode, cached: boolean, { why, doubts }: Expected): PlannedNode {
  const unless = doubts.length ? { unless: doubts } : {}
  return cached ? { node: id, does: 'cached', ...unless } : { node: id, does: 'runs', why, ...unless }
}
