import { checkGraph } from '../../graph/check.ts'
import { buildTrainStep } from '../../graph/compile/train-step.ts'
import type { GraphDocument } from '../../graph/document.ts'
import type { Benchmark } from './contender.ts'
import { randomArray } from './inputs.ts'
import { OPTIMIZER } from './model.ts'
import { trainSetup } from './train-contender.ts'

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

/** The model of `diptych bench clip`; `bench/peers/clip.py` has the same numbers. */
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

const BATCHES = 4

/** A CLIP training step: images and texts contrasted, as a person's graph compiles to it. */
export const clipBenchmark = (size: ClipSize): Benchmark => ({
  name: 'clip',
  about: `a CLIP step: ${size.visionDepth} + ${size.textDepth} layers, ${size.width} wide, batch ${size.batch}`,
  unit: 'step',
  calls: 5,
  engines: ['xla', 'tfjs'],
  peers: {
    jax: ['clip_jax.py'],
    torch_eager: ['clip_torch.py', 'eager'],
    torch_compiled: ['clip_torch.py', 'compiled'],
  },
  tolerance: 1e-4,
  setUp: ({ registry }) => {
    const step = buildTrainStep(checkGraph(clipBenchGraph(size), registry), 'train', [OPTIMIZER])
    // Ids below the vocabulary, with the end of each text in range.
    const within: Record<string, (bits: number) => number> = {
      ids: bits => bits % size.vocabulary,
      eot: bits => 4 + (bits % (size.length - 4)),
    }
    const batches = Array.from({ length: BATCHES }, (_, i) =>
      step.batch.map(b => randomArray(b.type, i, within[b.raw])),
    )
    return trainSetup(step, batches)
  },
})
