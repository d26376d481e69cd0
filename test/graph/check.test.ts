import { describe, expect, test } from 'vitest'
import { checkGraph, type Schemas } from '../../src/graph/check.ts'
import { CODES, type Diagnostic, suggest } from '../../src/graph/diagnostic.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { defineDevice, port, type Registry, z } from '../../src/graph/kit.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { DatasetSchema } from '../../src/graph/schema.ts'
import { dim, tensorPort } from '../../src/graph/types.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { registry } from '../../src/nodes/index.ts'
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
} from './fixtures.ts'

const seen = new Set<string>()

function note(diagnostics: readonly Diagnostic[]): string {
  for (const d of diagnostics) seen.add(d.code)
  return shown(diagnostics)
}

const findings = (doc: GraphDocument, schemas: Schemas = clipSchemas): string =>
  note(checked(doc, schemas).diagnostics)

const parsing = (text: string): string => note(parseGraph(text).diagnostics)

/** Emoji without some of their columns. */
const without = (...columns: string[]): DatasetSchema => ({
  ...emojiSchema,
  fields: Object.fromEntries(Object.entries(emojiSchema.fields).filter(([name]) => !columns.includes(name))),
})

const testedOn = (schema: DatasetSchema): Schemas => ({ ...clipSchemas, 'test_emoji.dataset': known(schema) })

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

describe('the file', () => {
  const text = writeGraph(clip())

  test('no JSON', () => {
    expect(parsing(text.slice(0, 400))).toMatchInlineSnapshot(
      `"line 11: error DT001: not JSON: "f" is no JSON value at column 92. The file seems to be cut off here."`,
    )
    expect(parsing(text.replace('"v": 1,', '"v": 1,,'))).toMatchInlineSnapshot(
      `"line 7: error DT001: not JSON: a comma too many before this at column 39. Remove the comma."`,
    )
    expect(parsing(text.replace('"seed": 7', '"seed": NaN'))).toMatchInlineSnapshot(
      `"line 4: error DT001: not JSON: "NaN" is no JSON value at column 47"`,
    )
    expect(parsing(text.replace('"seed": 7', '"seed": 7,'))).toMatchInlineSnapshot(
      `"line 4: error DT001: not JSON: a comma too many before this at column 50. Remove the comma."`,
    )
    expect(parsing(`${text}\n{}`)).toMatchInlineSnapshot(
      `"line 108: error DT001: not JSON: something follows the end at column 1"`,
    )
    expect(parsing(text.replace('"defs"', '// subgraphs\n"defs"'))).toMatchInlineSnapshot(
      `"line 101: error DT001: not JSON: a comment at column 3. JSON has no comments; use a "note" node."`,
    )
    expect(
      parsing(
        text.replace('  "defs": {}', '<<<<<<< HEAD\n  "defs": {}\n=======\n  "defs": {}\n>>>>>>> other'),
      ),
    ).toMatchInlineSnapshot(
      `"line 101: error DT001: not JSON: a merge conflict is left at column 1. Keep one side and remove the markers."`,
    )
    expect(parsing('')).toMatchInlineSnapshot(
      `"line 1: error DT001: the file is empty. A graph starts with { "format": "diptych-graph""`,
    )
    expect(parsing('['.repeat(100_000))).toMatchInlineSnapshot(
      `"line 1: error DT001: brackets are nested deeper than 64"`,
    )
  })

  test('wrong fields', () => {
    expect(parsing('{ "name": "vue", "version": "3.2.1", "dependencies": {} }')).toMatchInlineSnapshot(
      `"line 1: error DT002 format: this is not a graph file: "format" must be "diptych-graph""`,
    )
    expect(parsing('[1, 2]')).toMatchInlineSnapshot(
      `"line 1: error DT002: a graph file holds one object {…}"`,
    )
    expect(
      parsing(text.replace('"params": { "split": "train" }', '"parms": { "split": "train" }')),
    ).toMatchInlineSnapshot(
      `"line 9: error DT002 node "train_emoji" parms: unknown key "parms". Did you mean "params"?"`,
    )
    expect(parsing(text.replace('"seed": 7', '"seed": -1.5'))).toMatchInlineSnapshot(
      `"line 4: error DT002 meta.seed: it must be a whole number, not -1.5"`,
    )
    expect(parsing(text.replace('"seed": 7', '"seed": 7, "autor": "me"'))).toMatchInlineSnapshot(
      `"line 4: error DT002 meta.autor: unknown key "autor". There is: title, seed, about."`,
    )
    expect(parsing(text.replace('"type": "note"', '"tpye": "note"'))).toMatchInlineSnapshot(
      `"line 7: error DT002 node "about" tpye: unknown key "tpye". Did you mean "type"?"`,
    )
    expect(parsing(text.replace('"v": 1, ', ''))).toMatchInlineSnapshot(
      `"line 7: error DT002 node "about" v: it is missing; it must be a number"`,
    )
    expect(parsing(text.replace('"batch.image"', '7'))).toMatchInlineSnapshot(
      `"line 31: error DT002 node "vision" in.image: it must be a wire "node.port" or a list of wires, not 7"`,
    )
    expect(parsing(text.replace('["loss.loss"]', '["loss.loss", 7]'))).toMatchInlineSnapshot(
      `"line 84: error DT002 node "train" in.loss.1: it must be a text, not 7"`,
    )
    expect(parsing(text.replace('"size": 128', '"size": 1e999'))).toMatchInlineSnapshot(
      `"line 23: error DT002 node "batch" params.size: the number 1e999 is too large to be kept exactly. Write it as a text."`,
    )
    expect(parsing(text.replace('"size": 128', '"__proto__": 128'))).toMatchInlineSnapshot(
      `"line 23: error DT002 node "batch" params.__proto__: a key can’t be named "__proto__". Choose another name."`,
    )
  })

  test('a lock with a wrong column', () => {
    const locked = (field: string) =>
      parsing(
        text.replace('"lock": {}', `"lock": { "schemas": { "a.dataset": { "fields": { "x": ${field} } } } }`),
      )
    expect(locked('{ "kind": "video" }')).toMatchInlineSnapshot(
      `"line 105: error DT002 lock.schemas.a.dataset.fields.x.kind: it must be "image" or "int" or "float" or "text" or "frames" or "category", not "video""`,
    )
    expect(locked('{ "kind": "category" }')).toMatchInlineSnapshot(
      `"line 105: error DT002 lock.schemas.a.dataset.fields.x.classes: it is missing; it must be a list […]"`,
    )
    expect(locked('{ "kind": "text", "variant": true }')).toMatchInlineSnapshot(
      `"line 105: error DT002 lock.schemas.a.dataset.fields.x.variant: unknown key "variant""`,
    )
  })

  test('a key twice', () => {
    expect(parsing(text.replace('"size": 128', '"size": 128, "size": 64'))).toMatchInlineSnapshot(
      `"line 23: error DT003 node "batch" params.size: the key "size" occurs twice. Keep one of them."`,
    )
  })

  test('malformed ids and wires', () => {
    expect(parsing(text.replace('"vision":', '"Vision":'))).toMatchInlineSnapshot(
      `"line 27: error DT004 node "Vision": "Vision" can't be a name here: a name is lower-case letters, digits and _, starting with a letter"`,
    )
    expect(parsing(text.replace('"batch.image"', '"batch"'))).toMatchInlineSnapshot(
      `"line 31: error DT004 node "vision" in.image: "batch" must look like "node.port""`,
    )
    expect(parsing(text.replace('["loss.loss"]', '["loss.loss", "loss"]'))).toMatchInlineSnapshot(
      `"line 84: error DT004 node "train" in.loss.1: "loss" must look like "node.port""`,
    )
  })

  test('a newer format', () => {
    expect(parsing(text.replace('"version": 1', '"version": 2'))).toMatchInlineSnapshot(
      `"line 2: error DT013 version: the file is of version 2; this Diptych knows version 1. Update Diptych."`,
    )
    expect(parsing(text.replace('"version": 1', '"version": "1"'))).toMatchInlineSnapshot(
      `"line 2: error DT002 version: it must be 1, not "1""`,
    )
  })

  test('a byte-order mark is accepted', () => {
    expect(parseGraph(`\uFEFF${text}`).document).toEqual(clip())
  })

  test('faults in great number are counted, not listed', () => {
    const many = Array.from({ length: 500 }, (_, i) => `"n${i}": 0`).join(', ')
    const { diagnostics } = parseGraph(
      `{ "format": "diptych-graph", "version": 1, "meta": { "title": "" }, "nodes": { ${many} } }`,
    )
    expect(diagnostics).toHaveLength(101)
    expect(diagnostics.at(-1)!.message).toBe('and 400 more faults from here on')
  })

  test('lines lead to the node, the parameter, and into subgraphs', () => {
    const doc = documentOf(
      { a: node('note'), tower: node('def:tower') },
      { tower: { params: {}, in: [], out: {}, nodes: { vision: node('encoder.vit', { patch: 8 }) } } },
    )
    const written = writeGraph(doc)
    const lineWith = (part: string) => written.split('\n').findIndex(l => l.includes(part)) + 1
    const { lineOf } = parseGraph(written)
    expect(lineOf('tower')).toBe(lineWith('"tower": { "type"'))
    expect(lineOf('tower/vision', 'params', 'patch')).toBe(lineWith('"patch"'))
    expect(lineOf('tower/gone')).toBe(lineWith('"vision"') - 1)
    expect(lineOf('gone')).toBe(lineWith('"nodes"'))
  })
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
    expect(note(checkGraph(documentOf({ a: node('layer.scale') }), mine).diagnostics)).toMatchInlineSnapshot(
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
    expect(note(checkGraph(doc, mine, clipSchemas).diagnostics)).toMatchInlineSnapshot(
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
    expect(note(checkGraph(doc, mine, clipSchemas).diagnostics)).toMatchInlineSnapshot(
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
    expect(note(checkGraph(doc, mine, clipSchemas).diagnostics)).toMatchInlineSnapshot(
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

describe('one cause, one finding', () => {
  test('what reads a faulty node is not judged', () => {
    expect(findings(withParams(clip(), 'train_emoji', { split: 'trane' }))).toMatchInlineSnapshot(
      `"error DT012 node "train_emoji" params.split: it must be "train" or "test" or "all", not "trane". Did you mean "train"?"`,
    )
    const doc = withParams(withParams(clip(), 'vision', { patch: 7 }), 'zero_shot', { label: 'groop' })
    expect(findings(doc)).toMatchInlineSnapshot(
      `"error DT052 node "vision" params.patch: patches of 7 don't divide a picture of 64 × 64. Choose a divisor of 64."`,
    )
  })

  test('findings come in the order of the file', () => {
    const doc = withParams(withParams(clip(), 'zero_shot', { label: 3 }), 'test_emoji', { split: 3 })
    expect(checked(doc).diagnostics.map(d => d.node)).toEqual(['test_emoji', 'zero_shot'])
  })
})

describe('messages', () => {
  test('suggestions know swaps, and short words do not match everything', () => {
    expect(suggest('imgae', ['image', 'text'])).toBe('Did you mean "image"?')
    expect(suggest('id', ['in', 'width', 'a'])).toBe('Did you mean "in"?')
    expect(suggest('x', ['a', 'b'])).toBe('There is: a, b.')
    expect(suggest('x'.repeat(1e6), ['y'.repeat(1e6)]).length).toBeLessThan(200)
    expect(
      suggest(
        'zzzzzz',
        Array.from({ length: 30 }, (_, i) => `n${i}`),
      ),
    ).toContain('and 10 more.')
    expect(suggest('x', [])).toBe('There is none.')
  })

  test('a name from a file cannot write to the terminal', () => {
    const text = shown([
      { code: 'DT011', severity: 'error', node: 'a', message: 'no parameter "\u001b[2J\u202e\n"' },
    ])
    expect(text).toBe('error DT011 node "a": no parameter "\\u001b[2J\\u202e\\u000a"')
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

test('every code has been shown', () => {
  expect(Object.keys(CODES).filter(code => !seen.has(code))).toEqual([])
})
