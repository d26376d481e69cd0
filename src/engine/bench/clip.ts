import type { GraphDocument } from '../../graph/document.ts'

export interface ClipSize {
  readonly batch: number
  readonly image: number
  readonly patch: number
  readonly length: number
  readonly vocabulary: number
  readonly width: number
  readonly heads: number
  readonly visionDepth: number
  readonly textDepth: number
}

/** The model of `diptych bench clip`; its peers in `bench/peers` are of exactly this size. */
export const CLIP_SIZE: ClipSize = {
  batch: 64,
  image: 64,
  patch: 8,
  length: 32,
  vocabulary: 8192,
  width: 256,
  heads: 4,
  visionDepth: 6,
  textDepth: 4,
}

/** CLIP from the same nodes that people wire; its dataset and tokenizer are never read. */
export const clipBenchGraph = (size: ClipSize): GraphDocument => ({
  format: 'diptych-graph',
  version: 1,
  meta: { title: 'CLIP benchmark', seed: 0 },
  nodes: {
    pictures: { type: 'data.folder', v: 1, params: { path: 'none' }, in: {} },
    tokenizer: {
      type: 'text.tokenizerFile',
      v: 1,
      params: { path: 'none', vocabSize: size.vocabulary },
      in: {},
    },
    batch: {
      type: 'data.batch',
      v: 1,
      params: { size: size.batch, imageSize: size.image, textLength: size.length },
      in: { dataset: 'pictures.dataset', tokenizer: 'tokenizer.tokenizer' },
    },
    vision: {
      type: 'encoder.vit',
      v: 1,
      params: { patch: size.patch, width: size.width, depth: size.visionDepth, heads: size.heads },
      in: { image: 'batch.image' },
    },
    text: {
      type: 'encoder.text',
      v: 1,
      params: { width: size.width, depth: size.textDepth, heads: size.heads },
      in: { text: 'batch.caption' },
    },
    image_projection: {
      type: 'layer.projection',
      v: 1,
      params: { size: size.width },
      in: { input: 'vision.pooled' },
    },
    text_projection: {
      type: 'layer.projection',
      v: 1,
      params: { size: size.width },
      in: { input: 'text.pooled' },
    },
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
})
