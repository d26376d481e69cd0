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
import { fieldsOf, wireOf } from '../graph/slice.ts'
import { printProgram } from '../ir/print.ts'
import { elementCount } from '../ir/types.ts'
import type { OptimizerValue } from '../nn/optimizers/index.ts'
import { differences, PARTS, readCheckpoint, type StageKey, writeCheckpoint } from './checkpoint.ts'
import { type DeviceContext, keepIfPossible, progressOf, Stopped } from './context.ts'
import { dotFlops, TOY_FLOPS } from './cost.ts'
import { Feed, openField } from './feed.ts'
import { reportBad } from './host-nodes.ts'
import { explainNonFinite, refuseNonFinite } from './non-finite.ts'
import type { RunStore } from './run-store.ts'
import type { LoopState } from './train-loop.ts'
import { compileStage, freeAll, openLoop, replayOf, type TrainStage } from './train-stage.ts'
import { asDataset, asTokenizer } from './values.ts'
import { Watching } from './watch/watching.ts'
import { boundHashes, boundValue, startingValues, type TrainedWeights, type WeightWires } from './weights.ts'

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

/** Builds the programs of a Train and opens its data. */
export async function openStage(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  wires: WeightWires,
  context: DeviceContext,
): Promise<OpenStage> {
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
  refuseHugeOnReference(step, node.id, context)
  const feed = await openFeed(graph, node, values, seed, order, context)
  const key: StageKey = {
    program: programHash(step),
    data: feed.hash,
    start: startHash(step, wired, wires),
    seed,
    steps: settings.steps,
    engine: `${ENGINE} ${context.backend.fingerprint}`,
    ...(pair && { order }),
  }
  return { id: node.id, order, settings, step, feed, key, wired }
}

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
  const opened = await openStage(graph, node, values, wires, context)
  const { order, settings, step, feed, key, wired } = opened
  const watching = new Watching(opened, graph, node, values, wires, context)
  try {
    const why = context.reasons?.note(node.id, { ...key }, options.fresh, PARTS)
    const hash = hashOf([node.id, key])
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
        : await train(stage, start, settings, watching).catch(e =>
            explainNonFinite(e, replayOf(stage, start), context),
          )
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
  const weights = { hash, tensors: end.weights }
  if (!step.state.some(s => s.startsAs !== undefined)) return { weights }
  const averaged = [...end.weights].map(
    ([name, array]) => [name, end.optimizer.get(averageName(name)) ?? array] as const,
  )
  return { weights, ema: { hash: hashOf([hash, 'ema']), tensors: new Map(averaged) } }
}

/** Hash of every program that makes steps, and of which step each makes where there are several. */
const programHash = (step: TrainStep): string =>
  sha256([...step.variants.map(v => printProgram(v.program)), ...(step.plan ? [step.plan] : [])].join('\n'))

/** Where a stage starts: the wired weights, how the others are made, and the weights that it is bound to. */
function startHash(step: TrainStep, wired: TrainedWeights | undefined, wires: WeightWires): string {
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

/** Opens the packs of every Batch field that the stage reads. */
async function openFeed(
  graph: CheckedGraph,
  node: CheckedNode,
  values: ReadonlyMap<Wire, HostValue>,
  seed: number,
  order: string,
  context: DeviceContext,
): Promise<Feed> {
  const refs = fieldsOf(overriddenGraph(graph, node), wiresOf(node.json.in.loss))
  const fields = []
  for (const ref of refs) {
    const batch = graph.nodes.get(ref.batch)!
    const dataset = asDataset(values.get(wiresOf(batch.json.in.dataset)[0]!))
    const tokenizerWire = wiresOf(batch.json.in.tokenizer)[0]
    const tokenizer = tokenizerWire ? asTokenizer(values.get(tokenizerWire)) : undefined
    const progress = progressOf(ref.batch, context)
    const source = await openField(ref.derivation, dataset, tokenizer, context, progress)
    reportBad(ref.batch, source.bad, context)
    fields.push({ ref, source, dataset })
  }
  return new Feed(seed, order, fields)
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
  watching: Watching,
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
      await watching.pass(loop, context.gate(id, loop.taken))
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
    await watching.last(loop)
    return await commit()
  } finally {
    await watching.free()
    await run.flush(id)
    await loop.free()
    freeAll(executables)
  }
}

/** How many numbers a stage's weights have, state and averages left out. */
const parameterCount = ({ weights }: TrainStep): number =>
  weights.reduce((n, w) => (w.role === 'weight' ? n + elementCount(w.shape) : n), 0)
