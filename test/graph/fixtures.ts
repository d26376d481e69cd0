import { type CheckedGraph, checkGraph, type Schemas } from '../../src/graph/check.ts'
import { type Diagnostic, showDiagnostic } from '../../src/graph/diagnostic.ts'
import type { DefJson, GraphDocument, NodeJson, Wire } from '../../src/graph/document.ts'
import type { DatasetSchema } from '../../src/graph/schema.ts'
import { registry } from '../../src/nodes/index.ts'

/** The columns of an emoji dataset, as its peek gives them. */
export const emojiSchema: DatasetSchema = {
  fields: {
    image: { kind: 'image' },
    caption: { kind: 'text', variants: true },
    name: { kind: 'text' },
    language: { kind: 'category', classes: ['en'] },
    group: {
      kind: 'category',
      classes: [
        'smileys & emotion',
        'people & body',
        'animals & nature',
        'food & drink',
        'travel & places',
        'activities',
        'objects',
        'symbols',
        'flags',
      ],
    },
    subgroup: { kind: 'category', classes: ['face-smiling', 'cat-face', 'food-fruit'] },
    skin_tone: {
      kind: 'category',
      classes: ['none', 'light', 'medium-light', 'medium', 'medium-dark', 'dark'],
    },
    gender: { kind: 'category', classes: ['none', 'female', 'male'] },
    id: { kind: 'text' },
  },
  attribution: [{ name: 'Noto Emoji pictures', licence: 'Apache-2.0', by: 'Google' }],
}

export const known = (schema: DatasetSchema) => ({ state: 'known', schema }) as const

/** Both emoji nodes of the CLIP document have been looked at. */
export const clipSchemas: Schemas = {
  'train_emoji.dataset': known(emojiSchema),
  'test_emoji.dataset': known(emojiSchema),
}

type Params = Readonly<Record<string, unknown>>
type Wires = Readonly<Record<string, Wire | readonly Wire[]>>

export const node = (type: string, params: Params = {}, wires: Wires = {}): NodeJson => ({
  type,
  v: 1,
  params,
  in: wires,
})

export const documentOf = (
  nodes: Readonly<Record<string, NodeJson>>,
  defs: Readonly<Record<string, DefJson>> = {},
): GraphDocument => ({
  format: 'diptych-graph',
  version: 1,
  meta: { title: 'CLIP on emoji', seed: 7 },
  nodes,
  defs,
  view: {},
  lock: {},
})

/** A sound document: CLIP on emoji with both evaluators. */
export const clip = (): GraphDocument =>
  documentOf({
    about: node('note', { text: '# CLIP\n$e^{s} x \\cdot y$, “übersichtlich”' }),
    train_emoji: node('data.emoji', { split: 'train' }),
    test_emoji: node('data.emoji', { split: 'test', variants: false }),
    tokenizer: node('text.bpe', { vocabSize: 4096 }, { dataset: 'train_emoji.dataset' }),
    batch: node(
      'data.batch',
      { size: 128, imageSize: 64, textLength: 32, flip: 0.5 },
      { dataset: 'train_emoji.dataset', tokenizer: 'tokenizer.tokenizer' },
    ),
    vision: node('encoder.vit', { patch: 8, width: 192, depth: 4, heads: 4 }, { image: 'batch.image' }),
    text: node('encoder.text', { width: 128, depth: 2, heads: 4 }, { text: 'batch.caption' }),
    image_projection: node('layer.projection', { size: 96 }, { input: 'vision.pooled' }),
    text_projection: node('layer.projection', { size: 96 }, { input: 'text.pooled' }),
    image_unit: node('layer.normalize', {}, { input: 'image_projection.output' }),
    text_unit: node('layer.normalize', {}, { input: 'text_projection.output' }),
    logits: node('pair.logits', {}, { image: 'image_unit.output', text: 'text_unit.output' }),
    loss: node('objective.infoNCE', {}, { pairs: 'logits.pairs' }),
    schedule: node('optimizer.schedule', { rate: 0.001, warmup: 30, steps: 300 }),
    adamw: node('optimizer.adamw', { weightDecay: 0.1 }, { schedule: 'schedule.schedule' }),
    train: node('train', { steps: 300 }, { loss: ['loss.loss'], optimizer: ['adamw.optimizer'] }),
    retrieval: node(
      'evaluation.retrieval',
      {},
      { pairs: 'logits.pairs', dataset: 'test_emoji.dataset', weights: 'train.weights' },
    ),
    zero_shot: node(
      'evaluation.zeroShot',
      { label: 'group', templates: ['a picture of {}', '{}'] },
      { pairs: 'logits.pairs', dataset: 'test_emoji.dataset', weights: 'train.weights' },
    ),
  })

/** The document with parameters of one node set; undefined drops one. */
export function withParams(doc: GraphDocument, id: string, params: Params): GraphDocument {
  const merged = Object.entries({ ...doc.nodes[id]!.params, ...params }).filter(([, v]) => v !== undefined)
  return withNode(doc, id, { params: Object.fromEntries(merged) })
}

/** The document with inputs of one node rewired; undefined cuts one. */
export function rewired(
  doc: GraphDocument,
  id: string,
  wires: Readonly<Record<string, Wire | readonly Wire[] | undefined>>,
): GraphDocument {
  const merged = Object.entries({ ...doc.nodes[id]!.in, ...wires }).filter(([, v]) => v !== undefined)
  return withNode(doc, id, { in: Object.fromEntries(merged) as Wires })
}

export function withNode(doc: GraphDocument, id: string, change: Partial<NodeJson>): GraphDocument {
  const base = doc.nodes[id] ?? node('note')
  return { ...doc, nodes: { ...doc.nodes, [id]: { ...base, ...change } } }
}

export const checked = (doc: GraphDocument, schemas: Schemas = clipSchemas): CheckedGraph =>
  checkGraph(doc, registry, schemas)

export const shown = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map(d => showDiagnostic(d)).join('\n')
