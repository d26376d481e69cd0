import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DefJson, GROUP_COLOURS, type GraphDocument, type NodeJson } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { DatasetSchema, Field } from '../../src/graph/schema.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { clip, documentOf, emojiSchema, node, withParams } from './fixtures.ts'
import { randomFrom } from './mutate.ts'

const reread = (text: string): GraphDocument => {
  const { document, diagnostics } = parseGraph(text)
  expect(diagnostics).toEqual([])
  return document!
}

const id = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
/** What a person's own columns may be called; dots, quotes and inherited names included. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('constructor', 'toString', 'a.b', 'my caption', '1', '0', '"', '\\', '\u2028'),
)
const key = anyText.filter(k => k !== '__proto__')
const value = fc.jsonValue({ maxDepth: 3 }).filter(v => !JSON.stringify(v).includes('__proto__'))
const wire = fc
  .tuple(
    id,
    key.filter(k => k.length > 0),
  )
  .map(([n, port]) => `${n}.${port}`)
const input = fc.constantFrom('image', 'text', 'loss')

const nodeJson = (wires: fc.Arbitrary<string>): fc.Arbitrary<NodeJson> =>
  fc.record(
    {
      type: anyText.filter(t => t.length > 0),
      v: fc.integer({ min: 1, max: 9 }),
      title: anyText,
      mode: fc.constantFrom('muted' as const, 'bypassed' as const),
      params: fc.dictionary(key, value, { maxKeys: 6 }),
      in: fc.dictionary(input, fc.oneof(wires, fc.array(wires, { maxLength: 3 }))),
    },
    { requiredKeys: ['type', 'v', 'params', 'in'] },
  )

const view = fc.dictionary(id, fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()))
const groups = fc.dictionary(
  id,
  fc.record({ title: anyText, colour: fc.constantFrom(...GROUP_COLOURS), nodes: fc.uniqueArray(id) }),
  { maxKeys: 2 },
)

const def: fc.Arbitrary<DefJson> = fc.record(
  {
    params: fc.dictionary(key, value, { maxKeys: 4 }),
    in: fc.uniqueArray(id, { maxLength: 3 }),
    out: fc.dictionary(input, wire, { maxKeys: 3 }),
    nodes: fc.dictionary(
      id,
      nodeJson(
        fc.oneof(
          wire,
          id.map(name => `@${name}`),
        ),
      ),
      { maxKeys: 4 },
    ),
    view,
    groups,
    source: fc.record({ file: anyText, hash: anyText }),
  },
  { requiredKeys: ['params', 'in', 'out', 'nodes'] },
)

const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ kind: fc.constantFrom('image' as const, 'int' as const, 'float' as const) }),
  fc.record({ variants: fc.boolean(), kind: fc.constant('text' as const) }, { requiredKeys: ['kind'] }),
  fc.record({ classes: fc.array(anyText), kind: fc.constant('category' as const) }),
)
const schema: fc.Arbitrary<DatasetSchema> = fc.record(
  {
    attribution: fc.array(fc.record({ by: anyText, name: anyText, licence: anyText }), { maxLength: 2 }),
    rows: fc.nat(),
    fields: fc.dictionary(key, field, { maxKeys: 5 }),
  },
  { requiredKeys: ['fields'] },
)

const anyDocument: fc.Arbitrary<GraphDocument> = fc.record(
  {
    format: fc.constant('diptych-graph' as const),
    version: fc.constant(1 as const),
    meta: fc.record(
      { title: anyText, seed: fc.integer({ min: 0, max: 0xffffffff }), about: anyText },
      { requiredKeys: ['title', 'seed'] },
    ),
    nodes: fc.dictionary(id, nodeJson(wire), { maxKeys: 8 }),
    defs: fc.dictionary(id, def, { maxKeys: 3 }),
    view,
    groups,
    lock: fc.record({ schemas: fc.dictionary(key, schema, { maxKeys: 3 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: ['format', 'version', 'meta', 'nodes', 'defs', 'view', 'lock'] },
)

/** Keys whose value's own order means something. */
const ORDERED = ['nodes', 'defs', 'fields']

/** The same value with the keys of every object in another order, except where order means something. */
function permuted(v: unknown, random: () => number, ordered = false): unknown {
  if (Array.isArray(v)) return v.map(x => permuted(x, random))
  if (typeof v !== 'object' || v === null) return v
  const entries = Object.entries(v).map(([k, x]) => [k, permuted(x, random, ORDERED.includes(k))] as const)
  const weighed = entries.map(entry => ({ entry, weight: ordered ? 0 : random() }))
  return Object.fromEntries(weighed.sort((a, b) => a.weight - b.weight).map(w => w.entry))
}

describe('what is written is read again', () => {
  test('the CLIP document', () => {
    const g = {
      ...clip(),
      view: { vision: [3, -4.5] as const },
      lock: { schemas: { 'a.dataset': emojiSchema } },
    }
    expect(reread(writeGraph(g))).toEqual(g)
  })

  const folder = new URL('../../graphs/', import.meta.url)
  const files = existsSync(folder) ? readdirSync(folder).filter(f => f.endsWith('.json')) : []
  test.each(files)('graphs/%s, written as it stands', file => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const g = reread(text)
    expect(writeGraph(g)).toBe(text)
  })

  test('any document', () => {
    fc.assert(
      fc.property(anyDocument, g => {
        const text = writeGraph(g)
        const again = reread(text)
        expect(again).toEqual(g)
        expect(writeGraph(again)).toBe(text)
      }),
      { seed: 3, numRuns: 150 },
    )
  })

  test('numbers keep their bits', () => {
    const numbers = [-0, 0.1, 1e20, 1e21, 2 ** 69, 5e-324, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER]
    const g = documentOf({ a: node('note', { numbers }) })
    const read = reread(writeGraph(g)).nodes.a!.params.numbers as number[]
    expect(read.map((n, i) => Object.is(n, numbers[i]))).toEqual(numbers.map(() => true))
  })
})

describe('one text for one graph', () => {
  test('whatever the order of keys', () => {
    fc.assert(
      fc.property(anyDocument, fc.nat(), (g, seed) => {
        const other = permuted(g, randomFrom(seed)) as GraphDocument
        expect(writeGraph(other)).toBe(writeGraph(g))
      }),
      { seed: 4, numRuns: 150 },
    )
  })

  test('the order of nodes is kept', () => {
    const g = documentOf({ z: node('note'), a: node('note'), m: node('note') })
    expect(Object.keys(reread(writeGraph(g)).nodes)).toEqual(['z', 'a', 'm'])
  })

  test('one changed parameter is one changed line', () => {
    const before = writeGraph(clip()).split('\n')
    const after = writeGraph(withParams(clip(), 'vision', { depth: 6 })).split('\n')
    expect(after).toHaveLength(before.length)
    expect(after.filter((l, i) => l !== before[i])).toHaveLength(1)
  })

  test('its form', () => {
    const g: GraphDocument = {
      ...documentOf(
        {
          pairs: node('data.emoji', { split: 'train' }),
          batch: node(
            'data.batch',
            { size: 64, flip: 0.5 },
            { tokenizer: 'bpe.tokenizer', dataset: 'pairs.dataset' },
          ),
          tower: { ...node('def:tower', { width: 128 }, { image: 'batch.image' }), title: 'Vision' },
          train: node('train', { steps: 300 }, { loss: ['loss.loss', 'other.loss'] }),
        },
        {
          tower: {
            params: { width: 192, depth: 4 },
            in: ['image'],
            out: { embedding: 'unit.output', raw: 'vit.pooled' },
            nodes: {
              vit: node(
                'encoder.vit',
                { width: { $param: 'width' }, depth: { $param: 'depth' } },
                { image: '@image' },
              ),
              unit: node('layer.normalize', {}, { input: 'vit.pooled' }),
            },
            source: { file: 'towers.json', hash: 'ab12' },
          },
        },
      ),
      view: { tower: [240, 0], pairs: [0, 0] },
      lock: {
        schemas: {
          'pairs.dataset': {
            rows: 3,
            fields: { image: { kind: 'image' }, caption: { kind: 'text', variants: true } },
          },
        },
      },
    }
    expect(writeGraph(g)).toMatchInlineSnapshot(`
      "{
        "format": "diptych-graph", "version": 1,

        "meta": { "title": "CLIP on emoji", "seed": 7 },

        "nodes": {
          "pairs": { "type": "data.emoji", "v": 1, "params": { "split": "train" } },

          "batch": {
            "type": "data.batch",
            "v": 1,
            "params": { "flip": 0.5, "size": 64 },
            "in": { "dataset": "pairs.dataset", "tokenizer": "bpe.tokenizer" }
          },

          "tower": {
            "type": "def:tower",
            "v": 1,
            "title": "Vision",
            "params": { "width": 128 },
            "in": { "image": "batch.image" }
          },

          "train": {
            "type": "train",
            "v": 1,
            "params": { "steps": 300 },
            "in": { "loss": ["loss.loss", "other.loss"] }
          }
        },

        "defs": {
          "tower": {
            "params": { "depth": 4, "width": 192 },
            "in": ["image"],
            "out": { "embedding": "unit.output", "raw": "vit.pooled" },
            "nodes": {
              "vit": {
                "type": "encoder.vit",
                "v": 1,
                "params": { "depth": { "$param": "depth" }, "width": { "$param": "width" } },
                "in": { "image": "@image" }
              },

              "unit": { "type": "layer.normalize", "v": 1, "in": { "input": "vit.pooled" } }
            },
            "source": { "file": "towers.json", "hash": "ab12" }
          }
        },

        "view": { "pairs": [0, 0], "tower": [240, 0] },

        "lock": {
          "schemas": {
            "pairs.dataset": {
              "fields": { "image": { "kind": "image" }, "caption": { "kind": "text", "variants": true } },
              "rows": 3
            }
          }
        }
      }
      "
    `)
    expect(reread(writeGraph(g))).toEqual(g)
  })
})
