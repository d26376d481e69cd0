import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { removeLeftovers, temporaryName } from '../data/atomic.ts'
import { DataError } from '../data/error.ts'
import { hashOf, sha256 } from '../data/hash.ts'
import { breathe } from '../data/parallel.ts'
import type { CheckedGraph, CheckedNode } from '../graph/check.ts'
import { buildTrainStep, type TrainStep } from '../graph/compile/train-step.ts'
import { averageName } from '../graph/compile/train-variant.ts'
import { type Wire, wiresOf } from '../graph/document.ts'
import type { HostValue, SettingsValue } from '../graph/host.ts'
import type { TrainNode, TrainSettings } from '../graph/kit.ts'
import { overriddenGraph } from '../graph/overrides.ts'
import { type FieldRef, fieldsOf, wireOf } from '../graph/slice.ts'
import { printProgram } from '../ir/print.ts'
import { elementCount } from '../ir/types.ts'
import type { OptimizerValue } from '../nn/optimizers/index.ts'
import { differences, PARTS, readCheckpoint, type StageKey, writeCheckpoint } from './checkpoint.ts'
import { type DeviceContext, type EngineContext, keepIfPossible, progressOf, Stopped } from './context.ts'
import { dotFlops, TOY_FLOPS } from './cost.ts'
import { Feed, type FeedField, openField } from './feed.ts'
import { reportBad } from './host-nodes.ts'
import { explainNonFinite, refuseNonFinite } from './non-finite.ts'
import type { RunStore } from './run-store.ts'
import type { LoopState } from './train-loop.ts'
import { compileStage, freeAll, openLoop, replayOf, type TrainStage } from './train-stage.ts'
import { asDataset, asTokenizer } from './values.ts'
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
  readonly step: TrainStep
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
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  wires: WeightWires,
  run: RunStore,
  options: StageOptions,
  context: DeviceContext,
): Promise<StageResult> {
  const { order, settings, step, feed, key, wired } = await openStage(graph, node, values, wires, context)
  try {
    const why = context.reasons?.note(node.id, { ...key }, options.fresh, PARTS)
    const hash = stageHash(node.id, key)
    const cached = join(context.cacheDir, 'train', hash)
    if (!options.fresh && !options.resumeFrom) {
      const found = await readCheckpoint(cached).catch(() => undefined)
      if (found) {
        context.emit({ type: 'node', node: node.id, state: 'cached', seconds: await readSeconds(cached) })
        await run.adoptMetrics(node.id, join(cached, 'metrics.jsonl'))
        return resultOf(step, hash, found)
      }
    }
    context.emit({ type: 'node', node: node.id, state: 'running', why: options.resumeFrom ? 'resumed' : why })
    await context.reasons?.save()
    const bound = new Map(step.bound.map(w => [w.name, boundValue(w, wires)]))
    const stage: TrainStage = { id: node.id, order, step, feed, key, bound, run, context }
    const start = await startOf(node.id, step, key, wired, run, options)
    const began = performance.now()
    const end =
      start.step >= settings.steps
        ? start
        : await train(stage, start, settings).catch(e => explainNonFinite(e, replayOf(stage, start), context))
    // A stage that went on from a checkpoint does not know how long the steps before it took.
    const seconds = start.step === 0 ? (performance.now() - began) / 1000 : undefined
    await keep(cached, node.id, run, seconds, context)
    context.emit({ type: 'node', node: node.id, state: 'done', seconds })
    return resultOf(step, hash, end)
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

/** A fresh start, or the checkpoint that the run resumes from. */
async function startOf(
  train: string,
  step: TrainStep,
  key: StageKey,
  wired: TrainedWeights | undefined,
  run: RunStore,
  options: StageOptions,
): Promise<LoopState> {
  const path = options.resumeFrom ? await run.newest(train, options.resumeFrom) : undefined
  if (!path) {
    await run.resumeMetrics(train, 0)
    return { step: 0, weights: startingValues(step.weights, key.seed, wired), optimizer: new Map() }
  }
  const checkpoint = await readCheckpoint(path)
  const changed = differences(checkpoint.key, key)
  if (changed.length)
    throw new DataError(
      `${path} can't be resumed: since it was made, ${changed.join(' and ')} changed. ` +
        'Run with the same settings as then, or start anew without --resume_from_checkpoint.',
    )
  await run.resumeMetrics(train, checkpoint.step)
  return checkpoint
}

async function train(
  stage: TrainStage,
  start: LoopState,
  settings: { readonly steps: number; readonly checkpointEvery: number },
): Promise<LoopState> {
  const { id, step, key, run, context } = stage
  const before = performance.now()
  context.emit({ type: 'progress', node: id, what: 'compiling', done: 0, total: 0 })
  const { executables, facts } = await compileStage(stage)
  context.emit({
    type: 'train',
    node: id,
    steps: settings.steps,
    firstStep: start.step,
    parameters: parameterCount(step),
    compileSeconds: (performance.now() - before) / 1000,
    fromCache: [...executables.values()].every(e => e.fromCache),
    facts,
  })
  const loop = openLoop(stage, executables, start)
  context.persistWith(() => run.flush(id))
  let committed = start.step
  const commit = async () => {
    const state = await loop.snapshot()
    await run.flush(id, true)
    const path = await writeCheckpoint(run.checkpoints(id), {
      train: id,
      step: state.step,
      key,
      weights: state.weights,
      optimizer: state.optimizer,
    })
    committed = state.step
    context.emit({ type: 'checkpoint', node: id, step: state.step, path })
    return state
  }
  try {
    while (loop.taken < settings.steps) {
      await context.gate(id, loop.taken)
      const how = context.stopping()
      if (how) {
        if (how === 'checkpoint' && committed !== loop.taken) await commit()
        throw new Stopped(how)
      }
      const event = await loop.advance(id, loop.taken + 1 < settings.steps)
      refuseNonFinite(event)
      run.metric(event)
      context.emit(event)
      // Where a step is pure computation, stops and controls would never be heard.
      await breathe()
      await context.room()
      const every = settings.checkpointEvery
      if (every > 0 && loop.taken % every === 0 && loop.taken < settings.steps) await commit()
    }
    return await commit()
  } finally {
    await run.flush(id)
    await loop.free()
    freeAll(executables)
  }
}

/** How many numbers a stage's weights have, state and averages left out. */
const parameterCount = ({ weights }: TrainStep): number =>
  weights.reduce((n, w) => (w.role === 'weight' ? n + elementCount(w.shape) : n), 0)
