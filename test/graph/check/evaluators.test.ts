import { describe, expect, test } from 'vitest'
import { checkGraph, type Schemas } from '../../../src/graph/check.ts'
import type { GraphDocument } from '../../../src/graph/document.ts'
import { defineDevice, port, type Registry, z } from '../../../src/graph/kit.ts'
import type { DatasetSchema } from '../../../src/graph/schema.ts'
import { dim, tensorPort } from '../../../src/graph/types.ts'
import { registry } from '../../../src/nodes/index.ts'
import {
  checked,
  clip,
  clipSchemas,
  emojiSchema,
  known,
  node,
  rewired,
  shown,
  withNode,
  withParams,
} from '../fixtures.ts'
import { findings, testedOn, without } from './kit.ts'

describe('evaluators', () => {
  test('a field that the dataset lacks, once for each column', () => {
    expect(findings(clip(), testedOn(without('caption')))).toMatchInlineSnapshot(
      `"error DT050 node "retrieval" port "dataset": "batch.caption" is made from the text column "caption", which this dataset lacks. Its text columns: name, id."`,
    )
    expect(findings(clip(), testedOn(without('group')))).toMatchInlineSnapshot(
      `"error DT050 node "zero_shot" port "dataset": it reads the category column "group", which this dataset lacks. Its category columns: language, subgroup, skin_tone, gender."`,
    )
    expect(findings(withParams(clip(), 'zero_shot', { label: 'groop' }))).toMatchInlineSnapshot(
      `"error DT050 node "zero_shot" port "dataset": it reads the category column "groop", which this dataset lacks. Did you mean "group"?"`,
    )
    expect(findings(withParams(clip(), 'zero_shot', { label: 'constructor' }))).toMatchInlineSnapshot(
      `"error DT050 node "zero_shot" port "dataset": it reads the category column "constructor", which this dataset lacks. Its category columns: language, group, subgroup, skin_tone, gender."`,
    )
    expect(findings(withParams(clip(), 'zero_shot', { label: 'caption' }))).toMatchInlineSnapshot(
      `"error DT050 node "zero_shot" port "dataset": it reads "caption" as category; in this dataset it is text. Its category columns: language, group, subgroup, skin_tone, gender."`,
    )
    expect(findings(withParams(clip(), 'tokenizer', { column: 'captions' }))).toMatchInlineSnapshot(
      `"error DT050 node "tokenizer" params.column: the dataset has no text column "captions". Did you mean "caption"?"`,
    )
  })

  test('a text slice that also reads the image', () => {
    const swapped = rewired(clip(), 'logits', { image: 'text_unit.output', text: 'image_unit.output' })
    expect(findings(swapped)).toMatchInlineSnapshot(
      `"error DT051 node "zero_shot" port "pairs": "image_unit.output" is to be filled with texts alone, so it must be made from one text field; it reads batch.image (image). Wire what is made from texts to this side of "logits", and nothing that reads the image."`,
    )
  })

  const measured = { pairs: 'logits.pairs', dataset: 'test_emoji.dataset', weights: 'train.weights' }

  test('a picture side made from texts, and columns of a forced choice that are not there', () => {
    const choice = node('evaluation.forcedChoice', { kind: 'group', negatives: ['name', 'foil'] }, measured)
    const doc = withNode(clip(), 'choice', choice)
    expect(findings(doc)).toMatchInlineSnapshot(
      `"error DT050 node "choice" port "dataset": it reads the text column "foil", which this dataset lacks. Its text columns: caption, name, id."`,
    )
    const swapped = rewired(doc, 'logits', { image: 'text_unit.output', text: 'image_unit.output' })
    const { retrieval, zero_shot, ...nodes } = swapped.nodes
    expect(findings({ ...swapped, nodes })).toMatchInlineSnapshot(`
      "error DT051 node "choice" port "pairs": "text_unit.output" is to be filled with pictures alone, so it must be made from one image field; it reads batch.caption (text). Wire what is made from pictures to this side of "logits", and nothing that reads the text.
      error DT051 node "choice" port "pairs": "image_unit.output" is to be filled with texts alone, so it must be made from one text field; it reads batch.image (image). Wire what is made from texts to this side of "logits", and nothing that reads the image.
      error DT050 node "choice" port "dataset": it reads the text column "foil", which this dataset lacks. Its text columns: caption, name, id."
    `)
  })

  test('a wire over two datasets needs its columns in both', () => {
    const probe = node(
      'evaluation.linearProbe',
      { label: 'group' },
      {
        embedding: 'image_unit.output',
        train: 'train_emoji.dataset',
        dataset: 'test_emoji.dataset',
        weights: 'train.weights',
      },
    )
    const doc = withNode(clip(), 'probe', probe)
    expect(findings(doc)).toBe('')
    expect(findings(withParams(doc, 'probe', { label: 'grup' }))).toMatchInlineSnapshot(`
      "error DT050 node "probe" port "train": it reads the category column "grup", which this dataset lacks. Did you mean "group"?
      error DT050 node "probe" port "dataset": it reads the category column "grup", which this dataset lacks. Did you mean "group"?"
    `)
    expect(findings(rewired(doc, 'probe', { embedding: 'batch.image' }))).toMatchInlineSnapshot(
      `"error DT032 node "probe" port "embedding": rank 4 where 2 is needed: the input takes float[batch, any], the wire carries float[batch 128, height 64, width 64, channel 3]"`,
    )
  })

  test('a text side that reads the text and the image', () => {
    const add = defineDevice({
      type: 'layer.add',
      version: 1,
      title: 'Add',
      category: 'layer',
      doc: '',
      params: z.strictObject({}),
      inputs: {
        a: { accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] }, doc: '' },
        b: { accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*'] }, doc: '' },
      },
      types: (_, inputs) => ({ sum: port(inputs, 'a', 'tensor') }),
      build: () => ({}),
    })
    const mixed = node('layer.add', {}, { a: 'text_unit.output', b: 'image_unit.output' })
    const doc = rewired(withNode(clip(), 'mixed', mixed), 'logits', { text: 'mixed.sum' })
    const mine: Registry = new Map([...registry, ['layer.add', add]])
    expect(shown(checkGraph(doc, mine, clipSchemas).diagnostics)).toMatchInlineSnapshot(
      `"error DT051 node "zero_shot" port "pairs": "mixed.sum" is to be filled with texts alone, so it must be made from one text field; it reads batch.caption (text), batch.image (image). Wire what is made from texts to this side of "logits", and nothing that reads the image."`,
    )
  })

  test('pairs that nobody compared', () => {
    const ready = defineDevice({
      type: 'pair.ready',
      version: 1,
      title: 'Ready',
      category: 'pair',
      doc: '',
      params: z.strictObject({}),
      inputs: {},
      types: () => ({
        pairs: {
          kind: 'record',
          record: 'pairs',
          fields: {
            logits: tensorPort('float', dim('batch', 8), dim('batch′', 8)),
            scale: tensorPort('float'),
          },
        },
      }),
      build: () => ({}),
    })
    const doc = rewired(withNode(clip(), 'ready', node('pair.ready')), 'retrieval', { pairs: 'ready.pairs' })
    const mine: Registry = new Map([...registry, ['pair.ready', ready]])
    expect(shown(checkGraph(doc, mine, clipSchemas).diagnostics)).toMatchInlineSnapshot(
      `"error DT051 node "retrieval" port "pairs": "ready.pairs" does not come from a node that compares two sides. Wire the output of a pair node, such as "pair.logits"."`,
    )
  })

  test('sides from two batches are a warning', () => {
    const doc = rewired(withNode(clip(), 'other', clip().nodes.batch!), 'text', { text: 'other.caption' })
    expect(findings(doc)).toMatchInlineSnapshot(
      `"warning DT051 node "logits" port "text": "image" is made from the Batch "batch" and "text" from "other"; each Batch has its own order, so row i of one is no pair of row i of the other. Take both sides from one Batch."`,
    )
    expect(checked(doc).ok).toBe(true)
  })
})

describe('schemas', () => {
  test('failed: said at the source, and nothing downstream is judged', () => {
    const failed: Schemas = {
      ...clipSchemas,
      'test_emoji.dataset': { state: 'failed', message: 'there is no language "xx"' },
    }
    expect(findings(clip(), failed)).toMatchInlineSnapshot(
      `"error DT060 node "test_emoji": there is no language "xx""`,
    )
  })

  test('pending: no false errors', () => {
    expect(findings(clip(), {})).toBe('')
    expect(
      findings(clip(), {
        'train_emoji.dataset': { state: 'pending' },
        'test_emoji.dataset': known(emojiSchema),
      }),
    ).toBe('')
    expect(
      findings(clip(), {
        'test_emoji.dataset': { state: 'pending' },
        'train_emoji.dataset': known(emojiSchema),
      }),
    ).toBe('')
  })

  test('pending: what is wrong all the same is said', () => {
    expect(findings(withParams(clip(), 'vision', { widht: 1 }), {})).toContain('DT011')
    expect(findings(rewired(clip(), 'batch', { dataset: 'train_emoji.datset' }), {})).toContain('DT023')
  })

  test('the lock stands in for a schema that is not known', () => {
    const locked = (schema: DatasetSchema): GraphDocument => ({
      ...clip(),
      lock: { schemas: { 'train_emoji.dataset': emojiSchema, 'test_emoji.dataset': schema } },
    })
    expect(checked(locked(emojiSchema), {}).types.get('batch.image')).toMatchObject({ kind: 'tensor' })
    expect(findings(locked(without('caption')), {})).toContain('DT050')
    expect(findings(locked(without('caption')), clipSchemas)).toBe('')
  })
})
