import { expect } from 'vitest'
import { type CheckedGraph, checkGraph, type Schemas } from '../../src/graph/check.ts'
import { buildTrainStep, type TrainStep } from '../../src/graph/compile/train-step.ts'
import type { NodeJson } from '../../src/graph/document.ts'
import { type RefTensor, refTensor } from '../../src/ir/reference.ts'
import { elementCount, type TensorType } from '../../src/ir/types.ts'
import { initialValue } from '../../src/nn/init.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import { registry } from '../../src/nodes/index.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { documentOf, known, node, shown } from '../graph/fixtures.ts'

/** Rows of a toy batch, each of a class of its own; a picture's colour and a text's word tell which. */
export const ROWS = 4
const SIDE = 8
export const LENGTH = 6

type Nodes = Readonly<Record<string, NodeJson>>

const SCHEMAS: Schemas = {
  'data.dataset': known({
    fields: {
      image: { kind: 'image' },
      caption: { kind: 'text' },
      wrong: { kind: 'text' },
      kind: { kind: 'category', classes: ['a', 'b', 'c', 'd', 'e'] },
      log_q: { kind: 'float' },
    },
  }),
}

export const unit = (input: string) => node('layer.normalize', {}, { input })
export const projection = (input: string, params = {}) =>
  node('layer.projection', { size: 8, ...params }, { input })
export const vision = (image: string, params = {}) =>
  node('encoder.vit', { patch: 4, width: 8, depth: 1, heads: 2, ...params }, { image })
export const words = (text: string, params = {}) =>
  node('encoder.text', { width: 8, depth: 1, heads: 2, ...params }, { text })
export const shared = (id: string) => ({ sharedWith: { $node: id } })

/** Two towers whose unit embeddings are `image_unit.output` and `text_unit.output`. */
export const towers = (image: string, text: string): Nodes => ({
  image_projection: projection(image),
  text_projection: projection(text),
  image_unit: unit('image_projection.output'),
  text_unit: unit('text_projection.output'),
})

/** The nodes with a Batch of `ROWS` rows, an optimizer, and a Train of this loss. */
export function toyGraph(
  nodes: Nodes,
  loss: string,
  train: Readonly<Record<string, unknown>> = {},
): CheckedGraph {
  const graph = checkGraph(toyDocument(nodes, loss, train), registry, SCHEMAS)
  expect(shown(graph.diagnostics)).toBe('')
  return graph
}

/** What the checker says of such a graph. */
export const faultsOf = (nodes: Nodes, loss: string): string =>
  shown(checkGraph(toyDocument(nodes, loss), registry, SCHEMAS).diagnostics)

const toyDocument = (nodes: Nodes, loss: string, train: Readonly<Record<string, unknown>> = {}) =>
  documentOf({
    data: node('data.folder', { path: 'pictures' }),
    tokenizer: node('text.bpe', { vocabSize: 300 }, { dataset: 'data.dataset' }),
    batch: node(
      'data.batch',
      { size: ROWS, imageSize: SIDE, textLength: LENGTH },
      { dataset: 'data.dataset', tokenizer: 'tokenizer.tokenizer' },
    ),
    rate: node('optimizer.schedule', { kind: 'constant', rate: 0.01 }),
    adam: node('optimizer.adamw', { weightDecay: 0 }, { schedule: 'rate.schedule' }),
    train: node(
      'train',
      { steps: 100, clipNorm: 0, ...train },
      { loss: [loss], optimizer: ['adam.optimizer'] },
    ),
    ...nodes,
  })

const adam = (base: number): OptimizerValue => ({
  kind: 'adamw',
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weightDecay: 0,
  schedule: { kind: 'constant', base, warmupSteps: 0, totalSteps: 1, final: 0 },
})

/** What a Batch field holds: rows of classes 0 … ROWS - 1, always the same. */
function rowsOf(name: string, type: TensorType): number[] {
  const [rows] = type.shape as [number]
  const per = elementCount(type.shape) / rows
  const row = (p: number) => Math.floor(p / per)
  const word = (p: number) => {
    const text = [1, 10 + row(p), name.includes('.wrong/') ? 20 : 21, 2]
    return text[p % per] ?? 0
  }
  return Array.from({ length: rows * per }, (_, p) => {
    if (name.endsWith('/pixels')) return ((row(p) >> (p % 3)) & 1) * 200 + ((p * 7) % 41)
    if (name.endsWith('/ids')) return word(p)
    if (name.endsWith('/eot')) return 3
    throw new Error(`no rows for ${name}`)
  })
}

export interface Trained {
  readonly losses: readonly number[]
  readonly values: ReadonlyMap<string, RefTensor>
  readonly step: TrainStep
}

/** Takes steps in float64 from the initialisers, always on the same batch; `fields` are values of further fields. */
export function trainToy(
  graph: CheckedGraph,
  steps: number,
  {
    rate = 0.01,
    train = 'train',
    from,
    fields = {},
  }: {
    readonly rate?: number
    readonly train?: string
    readonly from?: Trained['values']
    readonly fields?: Readonly<Record<string, readonly number[]>>
  } = {},
): Trained {
  const step = buildTrainStep(graph, train, [adam(rate)])
  const values = new Map<string, RefTensor>()
  for (const w of step.weights)
    values.set(
      w.name,
      from?.get(w.name) ??
        refTensor({ dtype: 'f32', shape: w.shape }, initialValue(w.init, w.shape, 7, w.name)),
    )
  for (const s of step.state)
    values.set(s.name, refTensor(s.type, new Float64Array(elementCount(s.type.shape))))
  values.set('step', refTensor({ dtype: 's32', shape: [] }, [0]))
  values.set('key', refTensor({ dtype: 'u32', shape: [2] }, [1, 2]))
  const losses: number[] = []
  for (let t = 0; t < steps; t++) {
    const { program, args, batch, kept, metrics } = step.variantAt(t)
    const rows = batch.map(({ name, type }) => refTensor(type, fields[name] ?? rowsOf(name, type)))
    const results = evaluate(program, [...args.map(name => values.get(name)!), ...rows])
    kept.forEach((name, i) => {
      values.set(name, results[i]!)
    })
    losses.push(results[kept.length + metrics.indexOf('train/loss')]!.data[0]!)
  }
  return { losses, values, step }
}
