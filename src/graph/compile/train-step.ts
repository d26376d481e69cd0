import { gradient } from '../../ir/autodiff/gradient.ts'
import { Builder } from '../../ir/builder.ts'
import { optimize } from '../../ir/passes/optimize.ts'
import type { Program, Var } from '../../ir/program.ts'
import { type TensorType, tensor } from '../../ir/types.ts'
import { hashString } from '../../nn/init.ts'
import { averageDecay, movingAverage } from '../../nn/moving-average.ts'
import { clipByGlobalNorm, globalNorm, type OptimizerValue, optimizerOf } from '../../nn/optimizers/index.ts'
import { foldIn } from '../../nn/random.ts'
import { learningRate } from '../../nn/schedules.ts'
import { GraphFault } from '../diagnostic.ts'
import { type Wire, wiresOf } from '../document.ts'
import { asField } from '../kit.ts'
import { fieldsOf, type GraphNodes } from '../slice.ts'
import { rawFields, rawName } from './raw-fields.ts'
import { Stage } from './stage.ts'
import { WeightInputs, type WeightSpec } from './weights.ts'

/** One argument that comes from the batch, and where the engine gets it. */
export interface BatchInput {
  readonly name: string
  readonly batch: string
  readonly port: string
  readonly raw: string
  readonly type: TensorType
}

/** One array of a step's state. */
export interface StateSpec {
  readonly name: string
  readonly type: TensorType
  /** The weight whose value it has before the first step; 0 without. */
  readonly startsAs?: string
}

/** The name of the moving average of a weight, among a step's state. */
export const averageName = (weight: string): string => `ema/${weight}`

/** A compiled-to-be training step and how to call it. */
export interface TrainStep {
  /** Arguments: weights, optimizer state, step, key, batch fields. Results: the first three anew, metrics. */
  readonly program: Program
  readonly weights: readonly WeightSpec[]
  /** Names of the weights it changes. */
  readonly trained: readonly string[]
  /** What it keeps beside the weights. */
  readonly state: readonly StateSpec[]
  readonly batch: readonly BatchInput[]
  /** Names of the scalar metrics, as its results give them. */
  readonly metrics: readonly string[]
  /** Indices of the arguments whose memory the results take over. */
  readonly donate: readonly number[]
}

/** `*` stands for any text: `vision/*`, `*`. */
export function matchesPattern(pattern: string, name: string): boolean {
  const escaped = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`).test(name)
}

/** Folds a name into a key: the key of one place in one step. */
const foldName = (b: Builder) => (key: Var, name: string) => {
  const [hi, lo] = hashString(name)
  return foldIn(b, foldIn(b, key, hi), lo)
}

/**
 * Builds the whole of one training step: forward, gradients of every objective with respect to its own
 * weights (all at the step's starting weights), clipping, optimizers, constraints, step counter.
 */
export function buildTrainStep(
  graph: GraphNodes,
  trainId: string,
  given: readonly OptimizerValue[],
): TrainStep {
  const node = graph.nodes.get(trainId)!
  if (node.def.kind !== 'train') throw new Error(`${trainId} is not a Train`)
  const settings = node.def.settings(node.params)
  const losses = wiresOf(node.json.in.loss)
  const b = new Builder()
  const weights = new WeightInputs(b)
  const step = b.input('step', tensor('s32', []))
  const seed = b.input('key', tensor('u32', [2]))
  const key = b.at(trainId, () => foldIn(b, seed, b.convert(step, 'u32')))
  const stage = new Stage(graph, b, weights, { mode: 'train', key, foldName: foldName(b) })
  const values = losses.map(wire => {
    const value = stage.value(wire)
    return b.at(trainId, () => b.div(asField(value, 'loss', 'sum'), asField(value, 'loss', 'count')))
  })

  const specs = weights.sorted()
  const state: StateSpec[] = []
  const updated = new Map<string, Var>()
  const newState = new Map<string, Var>()
  const metrics = new Map<string, Var>()
  const trained = new Set<string>()
  const single = losses.length === 1
  values.forEach((loss, k) => {
    const label = single ? '' : `/${losses[k]!.split('.')[0]}`
    const value = given[k] ?? given[0]
    if (!value) throw new GraphFault('DT021', `objective ${k} has no optimizer`, { port: 'optimizer' })
    const pattern = settings.trainable[k] ?? '*'
    const mine = specs.filter(w => w.trainable && matchesPattern(pattern, w.name))
    const contested = mine.find(w => trained.has(w.name))
    if (contested)
      throw new GraphFault('DT052', `two objectives train the weight "${contested.name}"`, {
        field: 'params.trainable',
        hint: 'Give each objective a pattern of its own.',
      })
    if (mine.length === 0)
      throw new GraphFault('DT052', `no trainable weight matches "${pattern}"`, {
        field: 'params.trainable',
        hint: 'Patterns are matched with weight names such as "vision/…".',
      })
    const params = mine.map(w => weights.value(w.name))
    const raw = gradient(b, loss, params)
    b.at(trainId, () => {
      metrics.set(`train/loss${label}`, loss)
      metrics.set(`train/grad_norm${label}`, globalNorm(b, raw))
      const grads = settings.clipNorm > 0 ? clipByGlobalNorm(b, raw, settings.clipNorm) : raw
      const lr = learningRate(b, step, value.schedule)
      metrics.set(`train/learning_rate${label}`, lr)
      const optimizer = optimizerOf(value)
      mine.forEach((w, i) => {
        trained.add(w.name)
        const slots = Object.entries(optimizer.state(w.shape, value)).map(([slot, shape]) => {
          const spec = { name: `${w.name}:${slot}`, type: tensor('f32', shape) }
          state.push(spec)
          return [slot, b.input(spec.name, spec.type)] as const
        })
        const next = optimizer.update(b, value, {
          param: params[i]!,
          grad: grads[i]!,
          state: Object.fromEntries(slots),
          step,
          lr,
          decay: w.decay ?? w.shape.length >= 2,
        })
        const limit = w.constraint
        updated.set(w.name, limit ? b.min(b.max(next.param, limit.min), limit.max) : next.param)
        for (const [slot, v] of Object.entries(next.state)) newState.set(`${w.name}:${slot}`, v)
      })
    })
  })

  const changed = specs.filter(w => trained.has(w.name))
  if (settings.ema > 0)
    b.at(trainId, () => {
      const kept = averageDecay(b, step, settings.ema)
      for (const w of changed) {
        const spec = { name: averageName(w.name), type: tensor('f32', w.shape), startsAs: w.name }
        if (weights.specs.has(spec.name))
          throw new GraphFault(
            'DT052',
            `the moving average of "${w.name}" has the name of the weight "${spec.name}"`,
            { field: 'params.ema', hint: 'Give the node "ema" another id.' },
          )
        state.push(spec)
        newState.set(spec.name, movingAverage(b, b.input(spec.name, spec.type), updated.get(w.name)!, kept))
      }
    })
  for (const w of changed) b.output(w.name, updated.get(w.name)!)
  for (const s of state) b.output(s.name, newState.get(s.name)!)
  b.output(
    'step',
    b.at(trainId, () => b.add(step, 1)),
  )
  for (const [name, v] of metrics) b.output(name, v)
  const built = b.finish(`train_${trainId}`)
  const batch = batchInputs(graph, losses)
  // One order for all: weights, state, step, key, batch.
  const order = [
    ...specs.map(w => w.name),
    ...state.map(s => s.name),
    'step',
    'key',
    ...batch.map(i => i.name),
  ]
  const byName = new Map(built.inputs.map(i => [i.name, i]))
  const program = optimize({ ...built, inputs: order.map(name => byName.get(name)!) })
  const donated = new Set([...trained, ...state.map(s => s.name), 'step'])
  return {
    program,
    weights: specs,
    trained: changed.map(w => w.name),
    state,
    batch,
    metrics: [...metrics.keys()],
    donate: order.flatMap((name, i) => (donated.has(name) ? [i] : [])),
  }
}

/** The batch arguments that staging `wires` at the Batches' own sizes reads. */
export function batchInputs(graph: GraphNodes, wires: readonly Wire[], rows?: number): BatchInput[] {
  return fieldsOf(graph, wires).flatMap(f => {
    const node = graph.nodes.get(f.batch)!
    const size = rows ?? (node.def.kind === 'batch' ? node.def.rows(node.params) : 0)
    return Object.entries(rawFields(f.derivation, size)).map(([raw, type]) => ({
      name: rawName(f.batch, f.port, raw),
      batch: f.batch,
      port: f.port,
      raw,
      type,
    }))
  })
}
