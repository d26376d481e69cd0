import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../../src/graph/check.ts'
import { defineDevice, port, type Registry, z } from '../../../src/graph/kit.ts'
import { tensorPort } from '../../../src/graph/types.ts'
import { registry } from '../../../src/nodes/index.ts'
import {
  checked,
  clip,
  clipSchemas,
  documentOf,
  node,
  rewired,
  shown,
  withNode,
  withParams,
} from '../fixtures.ts'
import { findings } from './kit.ts'

describe('wires', () => {
  test('missing input', () => {
    expect(findings(rewired(clip(), 'vision', { image: undefined }))).toMatchInlineSnapshot(
      `"error DT021 node "vision" port "image": nothing is wired to "image", which takes float[…, height, width, channel]. Pictures in 0–1; of clips every frame is a picture. Wire "batch.image"."`,
    )
    expect(findings(rewired(clip(), 'train', { loss: [] }))).toMatchInlineSnapshot(
      `"error DT021 node "train" port "loss": nothing is wired to "loss", which takes loss. One objective or several. Wire "loss.loss"."`,
    )
  })

  test('a moving average is there only where the Train keeps one', () => {
    const measured = rewired(clip(), 'retrieval', { weights: 'train.ema' })
    expect(findings(measured)).toMatchInlineSnapshot(
      `"error DT023 node "retrieval" port "weights": the node "train" has no output "ema". Set ema above 0, such as 0.999, to keep a moving average of the weights."`,
    )
    expect(findings(withParams(measured, 'train', { ema: 0.999 }))).toBe('')
  })

  test('an optional input may be missing', () => {
    expect(findings(rewired(clip(), 'train', { weights: undefined }))).toBe('')
  })

  test('unknown input', () => {
    const misspelt = { image: undefined, imgae: 'batch.image' }
    expect(findings(rewired(clip(), 'vision', misspelt))).toMatchInlineSnapshot(
      `"error DT020 node "vision" port "imgae": "encoder.vit" has no input "imgae". Did you mean "image"?"`,
    )
    expect(findings(rewired(clip(), 'vision', { constructor: 'batch.image' }))).toMatchInlineSnapshot(
      `"error DT020 node "vision" port "constructor": "encoder.vit" has no input "constructor". There is: image."`,
    )
  })

  test('a wire from nowhere', () => {
    expect(findings(rewired(clip(), 'vision', { image: 'batches.image' }))).toMatchInlineSnapshot(
      `"error DT022 node "vision" port "image": the wire "batches.image" comes from a node that isn't there. Did you mean "batch"?"`,
    )
    expect(findings(rewired(clip(), 'vision', { image: 'constructor.image' }))).toMatchInlineSnapshot(
      `"error DT022 node "vision" port "image": the wire "constructor.image" comes from a node that isn't there. There is: about, train_emoji, test_emoji, tokenizer, batch, vision, text, image_projection, text_projection, image_unit, text_unit, logits, loss, schedule, adamw, train, retrieval, zero_shot."`,
    )
  })

  test('unknown output', () => {
    expect(findings(rewired(clip(), 'vision', { image: 'batch.imag' }))).toMatchInlineSnapshot(
      `"error DT023 node "vision" port "image": the node "batch" has no output "imag". Did you mean "image"?"`,
    )
    expect(findings(rewired(clip(), 'vision', { image: 'batch.toString' }))).toMatchInlineSnapshot(
      `"error DT023 node "vision" port "image": the node "batch" has no output "toString". There is: image, caption, name, language, group, subgroup, skin_tone, gender, id."`,
    )
    expect(findings(rewired(clip(), 'batch', { tokenizer: undefined }))).toMatchInlineSnapshot(
      `"error DT023 node "text" port "text": the node "batch" has no output "caption". It is a text column: wire a tokenizer to this Batch."`,
    )
  })

  test('one wire or a list', () => {
    expect(findings(rewired(clip(), 'vision', { image: ['batch.image'] }))).toMatchInlineSnapshot(
      `"error DT024 node "vision" port "image": "image" takes one wire, not a list of 1. Write "batch.image" without brackets."`,
    )
    expect(
      findings(rewired(clip(), 'vision', { image: ['batch.image', 'batch.name'] })),
    ).toMatchInlineSnapshot(
      `"error DT024 node "vision" port "image": "image" takes one wire, not a list of 2. Keep one of them."`,
    )
    expect(findings(rewired(clip(), 'train', { loss: 'loss.loss' }))).toBe('')
  })

  test('wrong kind', () => {
    expect(findings(rewired(clip(), 'vision', { image: 'batch.caption' }))).toMatchInlineSnapshot(
      `"error DT030 node "vision" port "image": several tensors where one is needed: the input takes float[…, height, width, channel], the wire carries tok{ids int[batch 128, length 32], valid bool[batch 128, length 32], eot int[batch 128]}. Another output fits: "batch.image"."`,
    )
    expect(findings(rewired(clip(), 'vision', { image: 'train_emoji.dataset' }))).toMatchInlineSnapshot(
      `"error DT030 node "vision" port "image": the input takes float[…, height, width, channel], the wire carries dataset{image, caption, name, language, group, subgroup, skin_tone, gender, id}"`,
    )
    expect(findings(rewired(clip(), 'image_projection', { input: 'vision.feat' }))).toMatchInlineSnapshot(
      `"error DT030 node "image_projection" port "input": several tensors where one is needed: the input takes float[…, any], the wire carries feat{tokens float[batch 128, token 65, width 192], valid bool[batch 128, token 65]}. Another output fits: "vision.pooled"."`,
    )
    expect(findings(rewired(clip(), 'text', { text: 'batch.image' }))).toMatchInlineSnapshot(
      `"error DT030 node "text" port "text": the input takes tok, the wire carries float[batch 128, height 64, width 64, channel 3]. Another output fits: "batch.caption", "batch.name", "batch.id"."`,
    )
    expect(findings(rewired(clip(), 'loss', { pairs: 'image_unit.output' }))).toMatchInlineSnapshot(
      `"error DT030 node "loss" port "pairs": the input takes pairs, the wire carries float[batch 128, embed 96]. Put a "pair.logits" node between the embeddings and this input."`,
    )
    expect(findings(rewired(clip(), 'tokenizer', { dataset: 'schedule.schedule' }))).toMatchInlineSnapshot(
      `"error DT030 node "tokenizer" port "dataset": the input takes dataset, the wire carries schedule"`,
    )
  })

  test('wrong dtype', () => {
    expect(findings(rewired(clip(), 'image_projection', { input: 'batch.group' }))).toMatchInlineSnapshot(
      `"error DT031 node "image_projection" port "input": dtype int where float is needed: the input takes float[…, any], the wire carries int[batch 128]. Another output fits: "batch.image"."`,
    )
  })

  test('wrong rank', () => {
    expect(findings(rewired(clip(), 'logits', { image: 'batch.image' }))).toMatchInlineSnapshot(
      `"error DT032 node "logits" port "image": rank 4 where 2 is needed: the input takes float[batch, any], the wire carries float[batch 128, height 64, width 64, channel 3]"`,
    )
    expect(findings(rewired(clip(), 'vision', { image: 'text_unit.output' }))).toMatchInlineSnapshot(
      `"error DT032 node "vision" port "image": rank 2 where at least 3 is needed: the input takes float[…, height, width, channel], the wire carries float[batch 128, embed 96]"`,
    )
  })

  test('wrong dimension', () => {
    const turned = defineDevice({
      type: 'layer.turn',
      version: 1,
      title: 'Turn',
      category: 'layer',
      doc: '',
      params: z.strictObject({}),
      inputs: {
        image: {
          accepts: { kind: 'tensor', dtype: 'float', dims: ['batch', '*', '*', '*'] },
          doc: '',
        },
      },
      types: (_, inputs) => {
        const [batch, height, width, channel] = port(inputs, 'image', 'tensor').dims
        return { image: tensorPort('float', batch!, channel!, height!, width!) }
      },
      build: () => ({}),
    })
    const doc = rewired(
      withNode(clip(), 'turned', node('layer.turn', {}, { image: 'batch.image' })),
      'vision',
      { image: 'turned.image' },
    )
    const mine: Registry = new Map([...registry, ['layer.turn', turned]])
    expect(shown(checkGraph(doc, mine, clipSchemas).diagnostics)).toMatchInlineSnapshot(
      `"error DT033 node "vision" port "image": axis "channel" where "height" is needed: the input takes float[…, height, width, channel], the wire carries float[batch 128, channel 3, height 64, width 64]"`,
    )
  })

  test('sizes disagree', () => {
    expect(findings(withParams(clip(), 'text_projection', { size: 64 }))).toMatchInlineSnapshot(
      `"error DT034 node "logits" port "text": axis "embed" is 96 in "image" and 64 in "text": float[batch 128, embed 96] and float[batch 128, embed 64]. Make both embed sizes equal."`,
    )
    expect(findings(rewired(clip(), 'image_unit', { input: 'vision.pooled' }))).toMatchInlineSnapshot(
      `"error DT034 node "logits" port "text": both sides need one width: "image" is float[batch 128, width 192], "text" is float[batch 128, embed 96]. Put a "layer.projection" of the same size before each."`,
    )
    const small = node(
      'data.batch',
      { size: 64 },
      { dataset: 'train_emoji.dataset', tokenizer: 'tokenizer.tokenizer' },
    )
    expect(
      findings(rewired(withNode(clip(), 'small', small), 'text', { text: 'small.caption' })),
    ).toMatchInlineSnapshot(
      `"error DT034 node "logits" port "text": axis "batch" is 128 in "image" and 64 in "text": float[batch 128, embed 96] and float[batch 64, embed 96]. Make both batch sizes equal."`,
    )
  })

  test('a bypassed node that has nothing to pass on', () => {
    expect(findings(withNode(clip(), 'tokenizer', { mode: 'bypassed' }))).toMatchInlineSnapshot(
      `"error DT027 node "tokenizer" port "tokenizer": it is bypassed, but has nothing to pass on to "batch.tokenizer", which takes tokenizer: none of what it reads fits: "train_emoji.dataset" carries dataset{image, caption, name, language, group, subgroup, skin_tone, gender, id}. Mute it instead, or wire "batch.tokenizer" to another node."`,
    )
  })

  test('a cycle, once, with its path in the direction of the wires', () => {
    const loop = rewired(clip(), 'image_projection', { input: 'image_unit.output' })
    expect(findings(loop)).toMatchInlineSnapshot(
      `"error DT040 node "image_unit" port "input": a cycle: image_projection → image_unit → image_projection. Remove one of these wires."`,
    )
    expect(findings(rewired(clip(), 'image_unit', { input: 'image_unit.output' }))).toMatchInlineSnapshot(
      `"error DT040 node "image_unit" port "input": a cycle: image_unit → image_unit. Remove one of these wires."`,
    )
  })

  test('a chain longer than the stack', () => {
    const length = 20_000
    const nodes = Object.fromEntries(
      Array.from({ length }, (_, i) => [
        `n${i}`,
        node('layer.normalize', {}, { input: i ? `n${i - 1}.output` : `n${length - 1}.output` }),
      ]),
    )
    const { diagnostics } = checked(documentOf(nodes))
    expect(diagnostics).toHaveLength(1)
    expect(diagnostics[0]!.message.length).toBeLessThan(200)
  })
})
