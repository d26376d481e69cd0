import { expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import type { NodeJson } from '../../src/graph/document.ts'
import { showPort } from '../../src/graph/types.ts'
import { augment } from '../../src/nodes/data/augmentation.ts'
import { registry } from '../../src/nodes/index.ts'
import { documentOf, known, node, shown } from '../graph/fixtures.ts'
import { difference, noise, run, TestModel } from '../nn/scope.ts'

const FRAMES = 3
const fields = (frames: number) => ({
  clip: { kind: 'frames', frames } as const,
  caption: { kind: 'text' } as const,
  kind: { kind: 'category', classes: ['a'] } as const,
})

const check = (nodes: Readonly<Record<string, NodeJson>>, params = {}, asked = FRAMES) =>
  checkGraph(
    documentOf({
      data: node('data.folder', { path: 'clips' }),
      asked: node('data.folder', { path: 'asked' }),
      batch: node('data.batch', { size: 2, imageSize: 8, ...params }, { dataset: 'data.dataset' }),
      vision: node('encoder.vit', { patch: 4, width: 8, depth: 1, heads: 2 }, { image: 'batch.clip' }),
      ...nodes,
    }),
    registry,
    {
      'data.dataset': known({ fields: fields(FRAMES) }),
      'asked.dataset': known({ fields: fields(asked) }),
    },
  )

const mean = (input: string, axis = 'frame') => node('layer.mean', { axis }, { input })

test('an encoder takes clips frame by frame, and the mean over frames leaves one vector a row', () => {
  const { types, diagnostics } = check({ mean: mean('vision.pooled') })
  expect(shown(diagnostics)).toBe('')
  expect(
    ['batch.clip', 'vision.feat', 'vision.pooled', 'mean.output'].map(w => showPort(types.get(w)!)),
  ).toMatchInlineSnapshot(`
    [
      "float[batch 2, frame 3, height 8, width 8, channel 3]",
      "feat{tokens float[batch 2, frame 3, token 5, width 8], valid bool[batch 2, frame 3, token 5]}",
      "float[batch 2, frame 3, width 8]",
      "float[batch 2, width 8]",
    ]
  `)
})

test('what can’t be: tokens of several frames where tokens are, the mean of rows or of no axis', () => {
  expect(
    shown(
      check({
        pool: node('layer.attentionPool', {}, { feat: 'vision.feat' }),
        rows: mean('vision.pooled', 'batch'),
        other: mean('vision.pooled', 'time'),
      }).diagnostics,
    ),
  ).toMatchInlineSnapshot(`
    "error DT032 node "pool" port "feat": tokens of rank 4 where 3 is needed: the input takes feat, the wire carries feat{tokens float[batch 2, frame 3, token 5, width 8], valid bool[batch 2, frame 3, token 5]}. Take the mean over the frames first: "layer.mean" of the encoder’s "pooled".
    error DT052 node "rows" params.axis: the mean over the batch would mix rows. Name another axis: frame, width.
    error DT052 node "other" params.axis: there is no axis "time". The wire has batch, frame, width."
  `)
})

test('an evaluation asks for clips of the length that its wires are made of', () => {
  const probe = {
    mean: mean('vision.pooled'),
    target: node('objective.meanSquaredError', {}, { prediction: 'mean.output', target: 'mean.output' }),
    rate: node('optimizer.schedule', { kind: 'constant' }),
    adam: node('optimizer.adamw', {}, { schedule: 'rate.schedule' }),
    train: node('train', { steps: 1 }, { loss: ['target.loss'], optimizer: ['adam.optimizer'] }),
    probe: node(
      'evaluation.linearProbe',
      { label: 'kind' },
      {
        embedding: 'mean.output',
        train: 'data.dataset',
        dataset: 'asked.dataset',
        weights: 'train.weights',
      },
    ),
  }
  expect(shown(check(probe).diagnostics)).toBe('')
  expect(shown(check(probe, {}, 4).diagnostics)).toMatchInlineSnapshot(
    `"error DT050 node "probe" port "dataset": "batch.clip" is made from "clip" as clips of 3 frames; in this dataset they have 4. Give both datasets clips of one length."`,
  )
})

test('frames of one clip are augmented alike: a still clip becomes its augmented picture, again and again', () => {
  const [rows, side] = [2, 8]
  const settings = {
    cropScale: 0.4,
    cropRatio: 1.3,
    flip: 0.5,
    brightness: 0.4,
    contrast: 0.4,
    saturation: 0.4,
  }
  const picture = noise('picture', [rows, side, side, 3]).map(v => Math.abs(v) % 1)
  const keys = { 'key:crop': [1, 2], 'key:colour': [3, 4] }
  const augmented = (shape: readonly number[]) => {
    const model = new TestModel()
    const image = model.b.reshape(model.input('image', `f32[${rows},${side},${side},3]`), shape)
    const input = model.b.broadcastTo(image, shape.length === 5 ? [rows, FRAMES, side, side, 3] : shape)
    return run(model.program({ y: augment(model.s, input, settings, 6) }), { image: picture, ...keys }).y!
  }
  const [moved, still] = [augmented([rows, 1, side, side, 3]), augmented([rows, side, side, 3])]
  const each = 6 * 6 * 3
  const expected = Array.from({ length: rows * FRAMES }, (_, i) => {
    const row = Math.floor(i / FRAMES)
    return [...still.subarray(row * each, (row + 1) * each)]
  }).flat()
  expect(difference(moved, expected)).toBeLessThan(1e-6)
  expect(
    difference(
      still,
      still.map((_, i) => still[i % each]!),
    ),
  ).toBeGreaterThan(0.01)
})
