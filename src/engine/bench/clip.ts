import type { GraphDocument } from '../../graph/document.ts'

/** The model of `diptych bench clip`; its peers in `bench/peers` are of exactly this size. */
export const SIZE = { batch: 64, image: 64, length: 32, vocabulary: 8192 } as const

const vision = { patch: 8, width: 256, depth: 6, heads: 4 }
const text = { width: 256, depth: 4, heads: 4 }

/** CLIP from the same nodes that people wire; its dataset and tokenizer are never read. */
export const clipBenchGraph: GraphDocument = {
  format: 'diptych-graph',
  version: 1,
  meta: { title: 'CLIP benchmark', seed: 0 },
  nodes: {
    pictures: { type: 'data.folder', v: 1, params: { path: 'none' }, in: {} },
    tokenizer: {
      type: 'text.tokenizerFile',
      v: 1,
      params: { path: 'none', vocabSize: SIZE.vocabulary },
      in: {},
    },
    batch: {
      type: 'data.batch',
      v: 1,
      params: { size: SIZE.batch, imageSize: SIZE.image, textLength: SIZE.length },
      in: { dataset: 'pictures.dataset', tokenizer: 'tokenizer.tokenizer' },
    },
    vision: { type: 'encoder.vit', v: 1, params: vision, in: { image: 'batch.image' } },
    text: { type: 'encoder.text', v: 1, params: text, in: { text: 'batch.caption' } },
    image_projection: {
      type: 'layer.projection',
      v: 1,
      params: { size: 256 },
      in: { input: 'vision.pooled' },
    },
    text_projection: { type: 'layer.projection', v: 1, params: { size: 256 }, in: { input: 'text.pooled' } },
    image_unit: { type: 'layer.normalize', v: 1, params: {}, in: { input: 'image_projection.output' } },
    text_unit: { type: 'layer.normalize', v: 1, params: {}, in: { input: 'text_projection.output' } },
    logits: {
      type: 'pair.logits',
      v: 1,
      params: {},
      in: { image: 'image_unit.output', text: 'text_unit.output' },
    },
    loss: { type: 'objective.infoNCE', v: 1, params: {}, in: { pairs: 'logits.pairs' } },
    schedule: { type: 'optimizer.schedule', v: 1, params: { kind: 'constant', rate: 5e-4 }, in: {} },
    adamw: { type: 'optimizer.adamw', v: 1, params: {}, in: { schedule: 'schedule.schedule' } },
    train: {
      type: 'train',
      v: 1,
      params: { clipNorm: 0 },
      in: { loss: ['loss.loss'], optimizer: ['adamw.optimizer'] },
    },
  },
  defs: {},
  view: {},
  lock: {
    schemas: { 'pictures.dataset': { fields: { image: { kind: 'image' }, caption: { kind: 'text' } } } },
  },
}
