import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../../src/graph/check.ts'
import { defineDevice, type Registry, z } from '../../../src/graph/kit.ts'
import {
  checked,
  clip,
  clipSchemas,
  documentOf,
  emojiSchema,
  known,
  node,
  rewired,
  shown,
  withNode,
  withParams,
} from '../fixtures.ts'
import { findings } from './kit.ts'

test('the CLIP document is sound', () => {
  const graph = checked(clip())
  expect(graph.diagnostics).toEqual([])
  expect(graph.ok).toBe(true)
  expect([...graph.nodes.keys()].sort()).toEqual(Object.keys(clip().nodes).sort())
})

test('every node stands after the nodes it reads', () => {
  const order = [...checked(clip()).nodes.keys()]
  expect(order.indexOf('batch')).toBeLessThan(order.indexOf('vision'))
  expect(order.indexOf('vision')).toBeLessThan(order.indexOf('loss'))
  expect(order.indexOf('train')).toBeLessThan(order.indexOf('retrieval'))
})

describe('nodes and parameters', () => {
  test('unknown node', () => {
    expect(findings(withNode(clip(), 'vision', { type: 'encoder.vitt' }))).toMatchInlineSnapshot(
      `"error DT010 node "vision" type: there is no node type "encoder.vitt". Did you mean "encoder.vit"?"`,
    )
    expect(findings(withNode(clip(), 'about', { type: 'sticky' }))).toMatchInlineSnapshot(
      `"error DT010 node "about" type: there is no node type "sticky". There is: data.emoji, data.folder, data.records, data.webdataset, data.parquet, data.coco, data.scenes, data.sceneClips, data.filter, data.map, data.sample, data.split, data.join, data.concatenate, data.mix, data.shuffle, data.shuffleColumn, text.bpe, text.tokenizerFile, text.dropTokens and 46 more."`,
    )
    expect(findings(withNode(clip(), 'about', { type: 'constructor' }))).toMatchInlineSnapshot(
      `"error DT010 node "about" type: there is no node type "constructor". There is: data.emoji, data.folder, data.records, data.webdataset, data.parquet, data.coco, data.scenes, data.sceneClips, data.filter, data.map, data.sample, data.split, data.join, data.concatenate, data.mix, data.shuffle, data.shuffleColumn, text.bpe, text.tokenizerFile, text.dropTokens and 46 more."`,
    )
  })

  test('unknown parameter', () => {
    expect(findings(withParams(clip(), 'vision', { widht: 64 }))).toMatchInlineSnapshot(
      `"error DT011 node "vision" params.widht: "encoder.vit" has no parameter "widht". Did you mean "width"?"`,
    )
    expect(findings(withParams(clip(), 'vision', { colour: 1, toString: 2 }))).toMatchInlineSnapshot(`
      "error DT011 node "vision" params.colour: "encoder.vit" has no parameter "colour". There is: patch, width, depth, heads, mlpRatio, pool, classToken, keep, extraTokens, mean, std, trainable, constWeights, sharedWith, sharePattern, averageOf, averageDecay, precision.
      error DT011 node "vision" params.toString: "encoder.vit" has no parameter "toString". There is: patch, width, depth, heads, mlpRatio, pool, classToken, keep, extraTokens, mean, std, trainable, constWeights, sharedWith, sharePattern, averageOf, averageDecay, precision."
    `)
  })

  test('bad value', () => {
    expect(findings(withParams(clip(), 'vision', { width: 'wide' }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.width: it must be a number, not "wide""`,
    )
    expect(findings(withParams(clip(), 'vision', { depth: 2.5 }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.depth: it must be a whole number, not 2.5"`,
    )
    expect(findings(withParams(clip(), 'vision', { depth: 0 }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.depth: 0 is too small: it must be at least 1"`,
    )
    expect(findings(withParams(clip(), 'vision', { depth: 1e300 }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.depth: 1e+300 is too large: it must be at most 128"`,
    )
    expect(findings(withParams(clip(), 'vision', { pool: 'men' }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.pool: it must be "cls" or "mean", not "men". Did you mean "mean"?"`,
    )
    expect(findings(withParams(clip(), 'vision', { mean: [0, 0] }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.mean: it has 2 items; it must have at least 3"`,
    )
    expect(findings(withParams(clip(), 'vision', { std: [1, 0, 1] }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.std.1: 0 is too small: it must be more than 0"`,
    )
    expect(findings(withParams(clip(), 'zero_shot', { templates: ['a photo'] }))).toMatchInlineSnapshot(
      `"error DT012 node "zero_shot" params.templates.0: a template holds {} where the class name goes"`,
    )
    expect(findings(withParams(clip(), 'zero_shot', { templates: [] }))).toMatchInlineSnapshot(
      `"error DT012 node "zero_shot" params.templates: it has 0 items; it must have at least 1"`,
    )
    expect(findings(withParams(clip(), 'zero_shot', { names: { flag: ['flag'] } }))).toMatchInlineSnapshot(
      `"error DT012 node "zero_shot" params.names.flag: "group" has no class "flag". Did you mean "flags"?"`,
    )
    expect(findings(withNode(clip(), 'about', { type: 'data.folder', params: {} }))).toMatchInlineSnapshot(
      `"error DT012 node "about" params.path: it is missing; it must be a text"`,
    )
  })

  test('a newer version', () => {
    expect(findings(withNode(clip(), 'vision', { v: 3 }))).toMatchInlineSnapshot(
      `"error DT013 node "vision" v: this "encoder.vit" is of version 3; this Diptych knows up to 1. Update Diptych."`,
    )
  })

  test('an older version is migrated; what its migration cannot read is said', () => {
    const scale = defineDevice({
      type: 'layer.scale',
      version: 2,
      title: 'Scale',
      category: 'layer',
      doc: '',
      params: z.strictObject({ factor: z.number() }),
      migrations: { 1: p => ({ factor: (p.by as string).length }) },
      inputs: {},
      types: () => ({}),
      build: () => ({}),
    })
    const mine: Registry = new Map([['layer.scale', scale]])
    const graph = checkGraph(documentOf({ a: node('layer.scale', { by: 'abc' }) }), mine)
    expect(graph.nodes.get('a')!.params).toEqual({ factor: 3 })
    expect(shown(checkGraph(documentOf({ a: node('layer.scale') }), mine).diagnostics)).toMatchInlineSnapshot(
      `"error DT012 node "a" params: the parameters are no good settings of "layer.scale" version 1. Write them as version 2 has them, and "v": 2."`,
    )
  })

  test('references', () => {
    const share = (id: string, other: string, doc = clip()) =>
      withParams(doc, id, { sharedWith: { $node: other } })
    expect(findings(share('text_projection', 'image_projection'))).toBe('')
    expect(findings(share('text_projection', 'image_projektion'))).toMatchInlineSnapshot(
      `"error DT025 node "text_projection" params.sharedWith: it refers to the node "image_projektion", which isn't there. Did you mean "image_projection"?"`,
    )
    expect(findings(share('text_projection', 'vision'))).toMatchInlineSnapshot(
      `"error DT025 node "text_projection" params.sharedWith: weights are shared between nodes of one type, but this is "layer.projection" and "vision" is "encoder.vit""`,
    )
    expect(findings(share('text_projection', 'text_projection'))).toMatchInlineSnapshot(
      `"error DT025 node "text_projection" params.sharedWith: a node can’t share its weights with itself. Remove it."`,
    )
    const both = share('text_projection', 'image_projection', share('image_projection', 'text_projection'))
    expect(findings(both)).toMatchInlineSnapshot(
      `"error DT025 node "image_projection" params.sharedWith: "text_projection" has no weights of its own: it shares those of "image_projection". One of the two must own the weights."`,
    )
    expect(findings(withParams(clip(), 'vision', { sharedWith: 'text' }))).toMatchInlineSnapshot(
      `"error DT012 node "vision" params.sharedWith: it must be a reference { "$node": "id" }, not "text""`,
    )
  })
})

describe('settings that do not fit', () => {
  test('within a node', () => {
    expect(findings(withParams(clip(), 'vision', { patch: 7 }))).toMatchInlineSnapshot(
      `"error DT052 node "vision" params.patch: patches of 7 don't divide a picture of 64 × 64. Choose a divisor of 64."`,
    )
    expect(findings(withParams(clip(), 'text', { heads: 3 }))).toMatchInlineSnapshot(
      `"error DT052 node "text" params.heads: 3 heads don't divide the width 128. Choose a number of heads that divides the width."`,
    )
    expect(findings(withParams(clip(), 'schedule', { warmup: 400 }))).toMatchInlineSnapshot(
      `"error DT052 node "schedule" params.warmup: a warm-up of 400 steps in 300 steps. Set warmup to at most 300."`,
    )
    const crowded = { kind: 'warmup_stable_decay', decaySteps: 280 }
    expect(findings(withParams(clip(), 'schedule', crowded))).toMatchInlineSnapshot(
      `"error DT052 node "schedule" params.decaySteps: a warm-up of 30 and a decay of 280 steps in 300 steps. Set decaySteps to at most 270."`,
    )
    const still = node('optimizer.sgd', { momentum: 0, nesterov: true }, { schedule: 'schedule.schedule' })
    expect(findings(withNode(clip(), 'adamw', still))).toMatchInlineSnapshot(
      `"error DT052 node "adamw" params.nesterov: Nesterov's momentum with a momentum of 0. Set momentum above 0, normally 0.9, or nesterov to false."`,
    )
    expect(
      findings(withParams(clip(), 'train', { trainable: ['vision/*', 'text/*'] })),
    ).toMatchInlineSnapshot(
      `"error DT052 node "train" params.objectives: 2 objectives for 1 loss. Give at most one for each loss."`,
    )
    const two = rewired(clip(), 'train', { optimizer: ['adamw.optimizer', 'adamw.optimizer'] })
    expect(findings(two)).toMatchInlineSnapshot(
      `"error DT052 node "train" port "optimizer": 1 loss and 2 optimizers. Wire one optimizer, or one for each loss."`,
    )
  })

  test('a batch larger than the dataset', () => {
    const few = { ...clipSchemas, 'train_emoji.dataset': known({ ...emojiSchema, rows: 100 }) }
    expect(findings(clip(), few)).toMatchInlineSnapshot(
      `"error DT052 node "batch" params.size: a batch of 128 from a dataset of 100 rows. Set size to at most 100."`,
    )
  })
})

test('a fault in a subgraph', () => {
  const tower = {
    params: {},
    in: ['image'],
    out: { embedding: 'vision.pooled' },
    nodes: { vision: node('encoder.vit', { patch: 8, width: 192, heads: 4 }, { image: '@imgae' }) },
  }
  const doc = documentOf(
    { ...clip().nodes, vision: node('def:tower', {}, { image: 'batch.image' }) },
    { tower },
  )
  expect(findings(rewired(doc, 'image_projection', { input: 'vision.embedding' }))).toMatchInlineSnapshot(
    `"error DT026 node "vision/vision" port "image": "@imgae" is no input of the subgraph "tower". Did you mean "image"?"`,
  )
})
