import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { removeLeftovers, temporaryName } from '../data/atomic.ts'
import { DataError } from '../data/error.ts'
import { hashOf, sha256 } from '../data/hash.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { buildTrainStep, type GraphTrainStep, type TrainStep } from '../graph/compile/train-step.ts'
import { averageName } from '../graph/compile/train-variant.ts'
import { type Wire, wiresOf } from '../graph/document.ts'
import type { HostValue, SettingsValue } from '../graph/host.ts'
import type { TrainNode, TrainSettings } from '../graph/kit.ts'
import { overriddenGraph } from '../graph/overrides.ts'
import { type FieldRef, fieldsOf, wireOf } from '../graph/slice.ts'
import { printProgram } from '../ir/print.ts'
import type { OptimizerValue } from '../nn/optimizers/index.ts'
import type { ParamChange } from '../protocol/messages.ts'
import { differences, PARTS, readCheckpoint, type StageKey } from './checkpoint.ts'
import { type DeviceContext, type EngineContext, keepIfPossible, progressOf } from './context.ts'
import { dotFlops, TOY_FLOPS } from './cost.ts'
import { editedStep, type WithChanges } from './edits.ts'
import { Feed, type FeedField, openField } from './feed.ts'
import { type Fork, type ForkedStage, forkedStart, nameOf, readFork } from './fork.ts'
import { reportBad } from './host-nodes.ts'
import type { RunStore } from './run-store.ts'
import { type Steering, takeSteps } from './take-steps.ts'
import type { LoopState } from './train-loop.ts'
import type { TrainStage } from './train-stage.ts'
import { asDataset, asTokenizer } from './values.ts'
import { Watching } from './watch/watching.ts'
import {
  boundHashes,
  boundValue,
  startingValues,
  type TrainedWeights,
  type WeightsIdentity,
  type WeightWires,
} from './weights.ts'

export interface StageOptions {
  readonly fresh: boolean
  readonly resumeFrom?: string
  readonly snapshotBytes?: number
}

/** The graph that a Train is a node of. */
export interface TrainGraph {
  readonly graph: CheckedGraph
  readonly withChanges: WithChanges
  /** The folder that relative paths start from. */
  readonly folder: string
}

/** Bumped when a change of the engine changes what a stage computes. */
const ENGINE = 'engine-1'

/** What a stage makes, by output port. */
export interface StageResult {
  readonly weights: TrainedWeights
  /** Where the stage keeps a moving average. */
  readonly ema?: TrainedWeights
}

/** A stage that is ready to be compiled; whoever opened it closes its feed. */
export interface OpenStage {
  readonly id: string
  /** The Train whose data order and random keys it takes: itself, or the one that it is paired with. */
  readonly order: string
  readonly settings: TrainSettings
  readonly step: GraphTrainStep
  readonly feed: Feed
  readonly key: StageKey
  /** What is wired to start from. */
  readonly wired: TrainedWeights | undefined
}

/** The programs of a Train, with its key but for the data. */
export interface BuiltStage extends Pick<OpenStage, 'order' | 'settings' | 'step'> {
  readonly key: (data: string) => StageKey
}

/** Builds the programs of a Train; `engine` is the fingerprint of what computes. */
export function buildStage(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  wires: ReadonlyMap<Wire, WeightsIdentity>,
  engine: string,
): BuiltStage {
  const before = wireOf(node, 'weights')
  const wired = before ? wires.get(before) : undefined
  const settings = (node.def as TrainNode).settings(node.params)
  const pair = settings.pairedWith === undefined ? undefined : graph.nodes.get(settings.pairedWith)!
  const order = pair?.id ?? node.id
  const seed = (pair ? (pair.def as TrainNode).settings(pair.params).seed : settings.seed) ?? graph.seed
  const optimizers = wiresOf(node.json.in.optimizer).map(
    w => (values.get(w) as SettingsValue).value as OptimizerValue,
  )
  const step = buildTrainStep(graph, node.id, optimizers)
  const program = programHash(step)
  const start = startHash(step, wired, wires)
  const key = (data: string): StageKey => ({
    program,
    data,
    start,
    seed,
    steps: settings.steps,
    engine: `${ENGINE} ${engine}`,
    ...(pair && { order }),
  })
  return { order, settings, step, key }
}

/** Builds the programs of a Train and opens its data. */
export async function openStage(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  wires: WeightWires,
  context: DeviceContext,
): Promise<OpenStage> {
  const built = buildStage(graph, node, values, wires, context.backend.fingerprint)
  refuseHugeOnReference(built.step, node.id, context)
  const feed = await openFeed(graph, node, values, built, context)
  const before = wireOf(node, 'weights')
  const wired = before ? wires.get(before) : undefined
  return { ...built, id: node.id, feed, key: built.key(feed.hash), wired }
}

/** Names a stage's result: where it is kept, and what its weights are known by. */
export const stageHash = (train: string, key: StageKey): string => hashOf([train, key])

/** Trains one stage, or takes its weights from the cache or from where the run it resumes had got. */
export async function runTrain(
  { graph, withChanges, folder }: TrainGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  wires: WeightWires,
  run: RunStore,
  options: StageOptions,
  context: DeviceContext,
): Promise<StageResult> {
  const opened = await openStage(graph, node, values, wires, context)
  const { order, settings, step, feed, key, wired } = opened
  const watching = new Watching({ stage: opened, graph, withChanges, values, wires, context })
  try {
    const why = context.reasons?.note(node.id, { ...key }, options.fresh, PARTS)
    const hash = stageHash(node.id, key)
    const found = await readFork(run.path)
    const fork = found?.train === node.id ? found : undefined
    const cached = join(context.cacheDir, 'train', hash)
    if (!options.fresh && !options.resumeFrom && !fork) {
      const found = await readCheckpoint(cached).catch(() => undefined)
      if (found) {
        context.emit({ type: 'node', node: node.id, state: 'cached', seconds: await readSeconds(cached) })
        await run.adoptMetrics(node.id, join(cached, 'metrics.jsonl'))
        return resultOf(step, hash, found)
      }
    }
    context.emit({ type: 'node', node: node.id, state: 'running', why: reasonOf(options, fork) ?? why })
    await context.reasons?.save()
    const bound = new Map(step.bound.map(w => [w.name, boundValue(w, wires)]))
    const built = { id: node.id, graph, step, key }
    const { state: start, edits, origin, inherited } = await startOf(built, wired, fork, run, options)
    const change = (changes: readonly ParamChange[]) =>
      editedStep({ train: node.id, graph, step, values, withChanges, folder, context }, changes)
    const stage: TrainStage = {
      ...{ id: node.id, order, feed, key, bound, run, context },
      step: edits.length > 0 ? await change(edits) : step,
    }
    const before = performance.now()
    const end =
      start.step >= settings.steps
        ? { state: start, edits }
        : await takeSteps(stage, start, {
            ...{ steps: settings.steps, checkpointEvery: settings.checkpointEvery, edits, change },
            ...{ origin, inherited, ...(fork && { fork: { run: fork.run, step: fork.step } }) },
            snapshotBytes: options.snapshotBytes ?? 0,
            // Where there were edits, or the graph was another, the steps before had other programs.
            earliest:
              edits.length || origin
                ? { step: start.step, state: () => start }
                : { step: 0, state: () => freshStart(step, key, wired) },
            valueBefore: (id, param) => graph.nodes.get(id)?.params[param],
            watching,
          })
    // A stage that went on from a checkpoint does not know how long the steps before it took.
    const seconds = start.step === 0 ? (performance.now() - before) / 1000 : undefined
    // What was edited while it trained, or forked from another, is not what the graph says: kept under its own key.
    const others = [...(end.edits.length > 0 ? [end.edits] : []), ...(origin ? [{ origin }] : [])]
    const made = others.length > 0 ? hashOf([node.id, key, ...others]) : hash
    await keep(join(context.cacheDir, 'train', made), node.id, run, seconds, context)
    context.emit({ type: 'node', node: node.id, state: 'done', seconds })
    return resultOf(step, made, end.state)
  } finally {
    await feed.close()
  }
}

/** The weights of a stage whose key has this hash, and their moving average: that of each weight that changed. */
function resultOf(step: TrainStep, hash: string, end: Omit<LoopState, 'step'>): StageResult {
  const hashes = resultHashes(step, hash)
  const weights = { hash: hashes.weights, tensors: end.weights }
  if (hashes.ema === undefined) return { weights }
  const averaged = [...end.weights].map(
    ([name, array]) => [name, end.optimizer.get(averageName(name)) ?? array] as const,
  )
  return { weights, ema: { hash: hashes.ema, tensors: new Map(averaged) } }
}

/** What the weights of a stage whose key has this hash are known by, and those of its moving average, if it has one. */
export const resultHashes = (step: TrainStep, hash: string): { weights: string; ema?: string } => ({
  weights: hash,
  ...(step.state.some(s => s.startsAs !== undefined) && { ema: hashOf([hash, 'ema']) }),
})

/** Hash of every program that makes steps, and of which step each makes where there are several. */
const programHash = (step: TrainStep): string =>
  sha256([...step.variants.map(v => printProgram(v.program)), ...(step.plan ? [step.plan] : [])].join('\n'))

/** Where a stage starts: the wired weights, how the others are made, and the weights that it is bound to. */
function startHash(
  step: TrainStep,
  wired: WeightsIdentity | undefined,
  wires: ReadonlyMap<Wire, WeightsIdentity>,
): string {
  const started = step.weights.map(w =>
    wired?.tensors.has(w.name)
      ? w.name
      : [w.name, w.startsAs === undefined ? w.init : { startsAs: w.startsAs }],
  )
  const bound = boundHashes(step.bound, wires)
  return hashOf([wired?.hash ?? '', started, ...(bound.length ? [bound] : [])])
}

/** Holds, in a cached stage, how long it took. */
const SECONDS = 'seconds.json'

async function readSeconds(cached: string): Promise<number | undefined> {
  const text = await readFile(join(cached, SECONDS), 'utf8').catch(() => '')
  return Number.parseFloat(text) || undefined
}

/** Puts the stage's last checkpoint and metrics into the cache, whole or not at all. */
async function keep(
  cached: string,
  train: string,
  run: RunStore,
  seconds: number | undefined,
  context: DeviceContext,
): Promise<void> {
  const newest = await run.newest(train, run.checkpoints(train))
  if (!newest) return
  const temporary = temporaryName(cached)
  await keepIfPossible(train, context, async () => {
    try {
      await mkdir(dirname(cached), { recursive: true })
      await removeLeftovers(cached)
      await cp(newest, temporary, { recursive: true })
      await cp(run.metricsPath(train), join(temporary, 'metrics.jsonl'))
      if (seconds !== undefined) await writeFile(join(temporary, SECONDS), JSON.stringify(seconds))
      await rm(cached, { recursive: true, force: true })
      await rename(temporary, cached)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  })
}

function refuseHugeOnReference(step: TrainStep, node: string, context: DeviceContext): void {
  const flops = Math.max(...step.variants.map(v => dotFlops(v.program)))
  if (context.backend.name === 'reference' && flops > TOY_FLOPS)
    throw new DataError(
      `"${node}" needs ${(flops / 1e9).toFixed(1)} GFLOP a step; the reference backend is for toys of up to ${TOY_FLOPS / 1e9}. ` +
        'Use --engine xla, or make the batch and the encoders smaller.',
    )
}

/** The Batch fields that a stage reads. */
export const stageFields = (graph: CheckedGraph, node: CheckedNode): FieldRef[] =>
  fieldsOf(overriddenGraph(graph, node), wiresOf(node.json.in.loss))

/** The datasets and tokenizers that a stage reads. */
export const dataWires = (graph: CheckedGraph, node: CheckedNode): readonly Wire[] => {
  const batches = stageFields(graph, node).map(ref => graph.nodes.get(ref.batch)!)
  return batches.flatMap(({ json }) => [...wiresOf(json.in.dataset), ...wiresOf(json.in.tokenizer)])
}

/** Opens the packs of every Batch field that the stage reads. */
export async function openFeed(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  { key, order }: Pick<BuiltStage, 'key' | 'order'>,
  context: EngineContext,
): Promise<Feed> {
  const fields: FeedField[] = []
  try {
    for (const ref of stageFields(graph, node)) {
      const batch = graph.nodes.get(ref.batch)!
      const dataset = asDataset(values.get(wiresOf(batch.json.in.dataset)[0]!))
      const tokenizerWire = wiresOf(batch.json.in.tokenizer)[0]
      const tokenizer = tokenizerWire ? asTokenizer(values.get(tokenizerWire)) : undefined
      const progress = progressOf(ref.batch, context)
      const source = await openField(ref.derivation, dataset, tokenizer, context, progress)
      reportBad(ref.batch, source.bad, context)
      fields.push({ ref, source, dataset })
    }
  } catch (e) {
    for (const { source } of fields) await source.close()
    throw e
  }
  return new Feed(key('').seed, order, fields)
}

const freshStart = (step: TrainStep, key: StageKey, wired: TrainedWeights | undefined): LoopState => ({
  step: 0,
  weights: startingValues(step.weights, key.seed, wired),
  optimizer: new Map(),
})

/** Why a stage is trained, where that is how the run began. */
const reasonOf = ({ resumeFrom }: StageOptions, fork: Fork | undefined): string | undefined =>
  resumeFrom ? 'resumed' : fork && `forked from ${nameOf(fork)}`

interface Start extends Pick<Steering, 'edits' | 'origin' | 'inherited'> {
  readonly state: LoopState
}

/** A fresh start, the checkpoint that the run resumes from, or the one of another run that it was forked from. */
async function startOf(
  stage: ForkedStage,
  wired: TrainedWeights | undefined,
  fork: Fork | undefined,
  run: RunStore,
  options: StageOptions,
): Promise<Start> {
  const { id: train, step, key } = stage
  const path = options.resumeFrom ? await run.newest(train, options.resumeFrom) : undefined
  if (!path && fork) return forkedStart(stage, fork, run)
  if (!path) {
    await run.resumeMetrics(train, 0)
    return { state: freshStart(step, key, wired), edits: [] }
  }
  const checkpoint = await readCheckpoint(path)
  const changed = differences(checkpoint.key, key)
  if (changed.length)
    throw new DataError(
      `${path} can't be resumed: since it was made, ${changed.join(' and ')} changed. ` +
        'Run with the same settings as then, or start anew without --resume_from_checkpoint.',
    )
  await run.resumeMetrics(train, checkpoint.step)
  return { state: checkpoint, edits: checkpoint.edits ?? [], origin: checkpoint.origin }
}
