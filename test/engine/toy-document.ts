import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

type Rgb = readonly [number, number, number]

const COLOURS: Readonly<Record<string, Rgb>> = {
  red: [220, 30, 40],
  green: [30, 200, 60],
  blue: [40, 60, 220],
}
/** Rows of the toy's data set: eight shades of each colour. */
export const ROWS = 24

/** Small pictures of three colours with two captions each, in `folder/pictures`. */
export async function makePictures(folder: string): Promise<void> {
  mkdirSync(join(folder, 'pictures'), { recursive: true })
  const lines: string[] = []
  for (let i = 0; i < ROWS; i++) {
    const name = Object.keys(COLOURS)[i % 3]!
    const shade = COLOURS[name]!.map(c => Math.max(0, c - 4 * i)) as unknown as Rgb
    writeFileSync(join(folder, 'pictures', `${i}.png`), await plain(shade))
    const text = [`${name} number ${i}`, `number ${i}, in ${name}`]
    lines.push(JSON.stringify({ file_name: `${i}.png`, text, label: name }))
  }
  writeFileSync(join(folder, 'pictures', 'metadata.jsonl'), `${lines.join('\n')}\n`)
}

export type Params = Readonly<Record<string, unknown>>
interface ToyNode {
  readonly type: string
  readonly v: 1
  readonly params?: Params
  readonly in?: Readonly<Record<string, string | readonly string[]>>
}

/**
 * The document of a CLIP small enough that a step takes a millisecond: width 16, depth 1, batches of 8 of 24
 * pictures, so that an epoch is three steps. `params` changes parameters by node id.
 */
export function toyDocument(params: Readonly<Record<string, Params>> = {}) {
  const nodes: Record<string, ToyNode> = {
    data: { type: 'data.folder', v: 1, params: { path: 'pictures' } },
    tokenizer: { type: 'text.bpe', v: 1, params: { vocabSize: 290 }, in: { dataset: 'data.dataset' } },
    batch: {
      type: 'data.batch',
      v: 1,
      params: { size: 8, imageSize: 16, textLength: 12, brightness: 0.3 },
      in: { dataset: 'data.dataset', tokenizer: 'tokenizer.tokenizer' },
    },
    vision: {
      type: 'encoder.vit',
      v: 1,
      params: { width: 16, depth: 1, heads: 2, patch: 8 },
      in: { image: 'batch.image' },
    },
    text: {
      type: 'encoder.text',
      v: 1,
      params: { width: 16, depth: 1, heads: 2 },
      in: { text: 'batch.caption' },
    },
    image_projection: {
      type: 'layer.projection',
      v: 1,
      params: { size: 16 },
      in: { input: 'vision.pooled' },
    },
    text_projection: { type: 'layer.projection', v: 1, params: { size: 16 }, in: { input: 'text.pooled' } },
    image_unit: { type: 'layer.normalize', v: 1, in: { input: 'image_projection.output' } },
    text_unit: { type: 'layer.normalize', v: 1, in: { input: 'text_projection.output' } },
    logits: { type: 'pair.logits', v: 1, in: { image: 'image_unit.output', text: 'text_unit.output' } },
    loss: { type: 'objective.infoNCE', v: 1, in: { pairs: 'logits.pairs' } },
    schedule: { type: 'optimizer.schedule', v: 1, params: { rate: 0.003, warmup: 2, steps: 12 } },
    adamw: { type: 'optimizer.adamw', v: 1, in: { schedule: 'schedule.schedule' } },
    train: {
      type: 'train',
      v: 1,
      params: { steps: 12, checkpointEvery: 4 },
      in: { loss: ['loss.loss'], optimizer: ['adamw.optimizer'] },
    },
    retrieval: {
      type: 'evaluation.retrieval',
      v: 1,
      params: { gallery: 2 },
      in: { pairs: 'logits.pairs', dataset: 'data.dataset', weights: 'train.weights' },
    },
    zero_shot: {
      type: 'evaluation.zeroShot',
      v: 1,
      params: { label: 'label', templates: ['{} number 3', '{}'] },
      in: { pairs: 'logits.pairs', dataset: 'data.dataset', weights: 'train.weights' },
    },
  }
  for (const [id, changes] of Object.entries(params))
    nodes[id] = { ...nodes[id]!, params: { ...nodes[id]!.params, ...changes } }
  return {
    format: 'diptych-graph',
    version: 1,
    meta: { title: 'A toy', seed: 7 },
    nodes,
    defs: {},
    view: {},
    lock: {},
  }
}

export type ToyDocument = ReturnType<typeof toyDocument>

const plain = ([r, g, b]: Rgb): Promise<Buffer> =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer()
