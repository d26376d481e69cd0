import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildTable, selectRows, type TableParts } from '../../src/data/build.ts'
import { badRowsError, DataError } from '../../src/data/error.ts'
import { canonicalJson, compareText, hashOf } from '../../src/data/hash.ts'
import { readTable, writeTable } from '../../src/data/serialize.ts'
import { temporaryFolder } from './helpers.ts'

const parts: TableParts = {
  fields: {
    image: { kind: 'image' },
    caption: { kind: 'text', variants: true },
    kind: { kind: 'category', classes: ['cat', 'dog'] },
    score: { kind: 'float' },
  },
  columns: {
    image: {
      kind: 'image',
      values: ['a', 'b', 'c'].map(name => ({ path: `p/${name}`, hash: `hash ${name}` })),
    },
    caption: { kind: 'text', values: [['one', 'uno'], ['two "2"\n'], ['drei 🤖']] },
    kind: { kind: 'category', values: [0, 1, -1] },
    score: { kind: 'float', values: [0.1, Number.NaN, -0] },
  },
  ids: ['x', 'y', 'z'],
  attribution: [{ name: 'test', licence: 'CC0-1.0', by: 'nobody' }],
  bad: [{ where: 'metadata.jsonl:4', problem: 'empty' }],
}
const table = buildTable(parts)

describe('canonical JSON', () => {
  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined, A: true })).toBe(
      '{"A":true,"b":[1,{"c":"x","d":null}]}',
    )
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.json()), record => {
        const turned = Object.fromEntries(Object.entries(record).toReversed())
        expect(hashOf(turned)).toBe(hashOf(record))
      }),
      { seed: 3 },
    )
  })

  it('tells apart what JSON does not', () => {
    const values = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, 'NaN', null, '0', [], {}]
    expect(new Set(values.map(canonicalJson)).size).toBe(values.length)
  })

  it('orders text by code point', () => {
    expect(['\u{1F600}', '\uFF5E', 'b', 'a', 'B', 'ab'].sort(compareText)).toEqual([
      'B',
      'a',
      'ab',
      'b',
      '\uFF5E',
      '\u{1F600}',
    ])
  })
})

describe('a table', () => {
  it('has a hash of its content, not of its paths or its bad rows', () => {
    const image = {
      kind: 'image' as const,
      values: ['a', 'b', 'c'].map(name => ({ path: `elsewhere/${name}`, hash: `hash ${name}` })),
    }
    const moved = buildTable({ ...parts, columns: { ...parts.columns, image }, bad: [] })
    expect(moved.hash).toBe(table.hash)
    const changes: Partial<TableParts>[] = [
      { ids: ['x', 'y', 'w'] },
      { attribution: [] },
      { columns: { ...parts.columns, kind: { kind: 'category', values: [0, 1, 1] } } },
      { columns: { ...parts.columns, caption: { kind: 'text', values: [['one'], ['two'], ['drei']] } } },
      { columns: { ...parts.columns, score: { kind: 'float', values: [0.1, Number.NaN, 0] } } },
    ]
    const hashes = changes.map(change => buildTable({ ...parts, ...change }).hash)
    expect(new Set([table.hash, ...hashes]).size).toBe(changes.length + 1)
  })

  it('refuses columns that do not fit', () => {
    const faults: Partial<TableParts>[] = [
      { ids: ['x', 'y', 'x'] },
      { ids: ['x', 'y'] },
      { columns: { ...parts.columns, kind: { kind: 'category', values: [0, 1, 2] } } },
      { columns: { ...parts.columns, kind: { kind: 'int', values: [0, 1, 2] } } },
      { columns: { ...parts.columns, caption: { kind: 'text', values: [['a'], [], ['b']] } } },
      { columns: { ...parts.columns, more: { kind: 'int', values: [0, 1, 2] } } },
      { fields: { ...parts.fields, more: { kind: 'int' } } },
    ]
    const messages = faults.map(fault => {
      try {
        buildTable({ ...parts, ...fault })
        return 'no error'
      } catch (error) {
        return error instanceof DataError ? error.message : String(error)
      }
    })
    expect(messages).toMatchInlineSnapshot(`
      [
        "Two rows of this table have the same id.",
        "Column "image" has 3 values for 2 rows.",
        "Column "kind", row 2: class 2 of 2 classes.",
        "Column "kind" is declared category but holds int values.",
        "Column "caption", row 1: no text. A text row holds at least one.",
        "Column "more" has values but is not in the schema.",
        "Column "more" is in the schema but has no values.",
      ]
    `)
  })

  it('selects rows in the order asked', () => {
    const picked = selectRows(table, [2, 0], [{ where: 'y', problem: 'broken' }])
    expect(picked.ids).toEqual(['z', 'x'])
    expect(picked.columns.kind).toEqual({ kind: 'category', values: [-1, 0] })
    expect(picked.schema.rows).toBe(2)
    expect(picked.bad.map(row => row.where)).toEqual(['metadata.jsonl:4', 'y'])
  })
})

describe('a table file', () => {
  it('reads back as it was written', async () => {
    const path = join(await temporaryFolder(), 'deep', 'table.json')
    expect(await readTable(path)).toBeUndefined()
    await writeTable(path, table)
    expect(await readTable(path)).toEqual(table)
  })

  it('is refused after any damage', async () => {
    const path = join(await temporaryFolder(), 'table.json')
    await writeTable(path, table)
    const whole = await readFile(path, 'utf8')
    const damages = [
      whole.slice(0, -20),
      whole.replace('uno', 'UNO'),
      whole.replace('diptych-table 1', 'diptych-table 9'),
      '',
      'x',
    ]
    for (const damaged of damages) {
      await writeFile(path, damaged)
      await expect(readTable(path)).rejects.toThrow(DataError)
    }
  })
})

describe('a report of bad rows', () => {
  it('lists the first ten and the count', () => {
    const bad = Array.from({ length: 12 }, (_, at) => ({ where: `m.jsonl:${at + 1}`, problem: 'empty' }))
    const error = badRowsError('Folder pets', bad, 'Correct them.')
    expect(error.message).toMatchInlineSnapshot(`
      "Folder pets: 12 bad rows.
        m.jsonl:1: empty
        m.jsonl:2: empty
        m.jsonl:3: empty
        m.jsonl:4: empty
        m.jsonl:5: empty
        m.jsonl:6: empty
        m.jsonl:7: empty
        m.jsonl:8: empty
        m.jsonl:9: empty
        m.jsonl:10: empty
        … and 2 more
      Correct them."
    `)
    expect(error.bad.length).toBe(12)
  })
})
