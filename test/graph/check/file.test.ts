import { describe, expect, test } from 'vitest'
import { parseGraph } from '../../../src/graph/parse.ts'
import { writeGraph } from '../../../src/graph/write.ts'
import { clip, documentOf, node } from '../fixtures.ts'
import { parsing } from './kit.ts'

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
