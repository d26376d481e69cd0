import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildTable, selectRows } from '../../src/data/build.ts'
import type { Table } from '../../src/data/table.ts'
import { concatenateTables } from '../../src/data/tables/concatenate.ts'
import { joinTables } from '../../src/data/tables/join.ts'
import { apportion, mixTables } from '../../src/data/tables/mix.ts'
import { sampleTable } from '../../src/data/tables/sample.ts'
import { shuffleRows } from '../../src/data/tables/shuffle-rows.ts'
import { splitTable } from '../../src/data/tables/split.ts'
import { concatenatedFields, joinedFields } from '../../src/nodes/data/fields.ts'

const by = { name: 'A', licence: 'MIT', by: 'B' }

/** So many rows `p0`, `p1` …, each with a picture shared by two rows. */
const rowsOf = (rows: number, prefix = 'p', classes: readonly string[] = ['a', 'b']): Table => {
  const all = Array.from({ length: rows }, (_, i) => i)
  return buildTable({
    fields: {
      image: { kind: 'image' },
      text: { kind: 'text' },
      n: { kind: 'int' },
      kind: { kind: 'category', classes },
    },
    columns: {
      image: { kind: 'image', values: all.map(i => ({ path: `/${i >> 1}`, hash: `h${i >> 1}` })) },
      text: { kind: 'text', values: all.map(i => [`${prefix} ${i}`]) },
      n: { kind: 'int', values: all },
      kind: { kind: 'category', values: all.map(i => (i % 3) - 1) },
    },
    ids: all.map(i => `${prefix}${i}`),
    attribution: [by],
  })
}

const imagesOf = ({ columns: { image } }: Table) => (image?.kind === 'image' ? image.values : [])

const reversed = (t: Table): Table =>
  selectRows(
    t,
    t.ids.map((_, i) => t.rows - 1 - i),
  )

describe('sample', () => {
  test('is exact, in order, without replacement, and by id, not by place', () => {
    const table = rowsOf(1000)
    const kept = sampleTable(table, { amount: { share: 0.25 }, seed: 5 })
    expect(kept.rows).toBe(250)
    expect(new Set(kept.ids).size).toBe(250)
    expect([...kept.ids].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))).toEqual(kept.ids)
    expect(sampleTable(reversed(table), { amount: { share: 0.25 }, seed: 5 }).ids).toEqual(
      [...kept.ids].reverse(),
    )
    expect(sampleTable(table, { amount: { share: 0.25 }, seed: 6 }).ids).not.toEqual(kept.ids)
  })

  test('a larger sample contains a smaller one', () => {
    const table = rowsOf(300)
    const large = new Set(sampleTable(table, { amount: { rows: 200 }, seed: 1 }).ids)
    expect(sampleTable(table, { amount: { rows: 50 }, seed: 1 }).ids.every(id => large.has(id))).toBe(true)
    expect(() => sampleTable(table, { amount: { rows: 301 }, seed: 1 })).toThrow('Set rows to at most 300')
  })
})

describe('weighted sample', () => {
  const counts = (t: Table): Map<string, number> => {
    const found = new Map<string, number>()
    for (const id of t.ids) found.set(id.split('#')[0]!, (found.get(id.split('#')[0]!) ?? 0) + 1)
    return found
  }

  test('with replacement rows come in proportion to their weights, whatever order they stand in', () => {
    const table = rowsOf(5) // weights 0 to 4
    const options = { amount: { rows: 20_000 }, seed: 2, weight: 'n', replace: true }
    const drawn = sampleTable(table, options)
    expect(drawn.rows).toBe(20_000)
    const found = counts(drawn)
    expect(found.has('p0')).toBe(false)
    for (const n of [1, 2, 3, 4]) {
      const [expected, share] = [2000 * n, n / 10]
      // Four standard deviations of the binomial.
      expect(Math.abs(found.get(`p${n}`)! - expected)).toBeLessThan(
        4 * Math.sqrt(20_000 * share * (1 - share)),
      )
    }
    expect(counts(sampleTable(reversed(table), options))).toEqual(
      new Map([...found].sort((a, b) => (a[0] < b[0] ? 1 : -1))),
    )
    const fewer = counts(sampleTable(table, { ...options, amount: { rows: 100 } }))
    for (const [id, count] of fewer) expect(count).toBeLessThanOrEqual(found.get(id)!)
  })

  test('without replacement a row of twice the weight is the first twice as often, and none comes twice', () => {
    const two = selectRows(rowsOf(5), [2, 4])
    const seeds = 4000
    let heavy = 0
    for (let seed = 0; seed < seeds; seed++)
      if (sampleTable(two, { amount: { rows: 1 }, seed, weight: 'n' }).ids[0] === 'p4') heavy++
    expect(Math.abs(heavy / seeds - 2 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / seeds))
    expect(sampleTable(rowsOf(5), { amount: { rows: 4 }, seed: 0, weight: 'n' }).ids).toEqual([
      'p1',
      'p2',
      'p3',
      'p4',
    ])
  })

  test('says what weights may be', () => {
    const draw = (weight: string, rows = 1, table = rowsOf(3)) =>
      sampleTable(table, { amount: { rows }, seed: 0, weight })
    expect(() => draw('text')).toThrow('Column "text" is text; weights are numbers.')
    expect(() => draw('x')).toThrow('no column "x" to weigh by')
    expect(() => draw('n', 3)).toThrow('A sample of 3 rows from a dataset of 2 with a weight.')
    const none = selectRows(rowsOf(3), [0])
    const replaced = { amount: { rows: 2 }, seed: 0, weight: 'n', replace: true }
    expect(() => sampleTable(none, replaced)).toThrow('all weights are 0')
  })
})

describe('split', () => {
  test('shares no row, loses none, and more data moves none', () => {
    const table = rowsOf(4000)
    const { train, test: held } = splitTable(table, { share: 0.2, seed: 3 })
    expect([...train.ids, ...held.ids].sort()).toEqual([...table.ids].sort())
    // Four standard deviations of the binomial.
    expect(Math.abs(held.rows - 800)).toBeLessThan(4 * Math.sqrt(4000 * 0.2 * 0.8))
    const fewer = splitTable(selectRows(reversed(table), [...Array(1000).keys()]), { share: 0.2, seed: 3 })
    expect(fewer.test.ids.every(id => held.ids.includes(id))).toBe(true)
  })

  test('rows about one picture stay together', () => {
    const { train, test: held } = splitTable(rowsOf(400), { share: 0.5, seed: 1, by: 'image' })
    const hashes = (t: Table) => new Set(imagesOf(t).map(v => v.hash))
    expect([...hashes(train)].filter(h => hashes(held).has(h))).toEqual([])
    expect(() => splitTable(rowsOf(4), { share: 0.5, seed: 1, by: 'x' })).toThrow('no column "x" to split by')
  })
})

describe('shuffle', () => {
  test('the same order whatever order the rows came in', () => {
    const table = rowsOf(200)
    const ids = shuffleRows(table, 9).ids
    expect(shuffleRows(reversed(table), 9).ids).toEqual(ids)
    expect([...ids].sort()).toEqual([...table.ids].sort())
    expect(ids).not.toEqual(table.ids)
  })
})

describe('concatenate', () => {
  const join = (...tables: Table[]) =>
    concatenateTables(tables, concatenatedFields(tables.map(t => t.schema)))

  test('common columns, merged classes, numbered ids, attribution once', () => {
    const other = buildTable({
      fields: {
        kind: { kind: 'category', classes: ['b', 'c'] },
        n: { kind: 'float' },
        more: { kind: 'int' },
      },
      columns: {
        kind: { kind: 'category', values: [0, 1, -1] },
        n: { kind: 'float', values: [0.5, Number.NaN, 2] },
        more: { kind: 'int', values: [1, 2, 3] },
      },
      ids: ['p0', 'x', 'y'],
      attribution: [by, { ...by, name: 'C' }],
    })
    const both = join(rowsOf(3), other)
    expect(both).toMatchObject({
      ids: ['p0', 'p1', 'p2', 'p0#2', 'x', 'y'],
      schema: {
        fields: { n: { kind: 'float' }, kind: { kind: 'category', classes: ['a', 'b', 'c'] } },
        attribution: [by, { ...by, name: 'C' }],
      },
      columns: { kind: { values: [-1, 0, 1, 1, 2, -1] }, n: { values: [0, 1, 2, 0.5, Number.NaN, 2] } },
    })
    expect(Object.keys(both.columns)).toEqual(['n', 'kind'])
  })

  test('columns that disagree are named', () => {
    const text = buildTable({
      fields: { n: { kind: 'text' } },
      columns: { n: { kind: 'text', values: [['x']] } },
      ids: ['x'],
    })
    expect(() => join(rowsOf(1), text)).toThrow('column "n" is int in dataset 1 and text in dataset 2')
    const other = buildTable({
      fields: { z: { kind: 'text' } },
      columns: { z: { kind: 'text', values: [['x']] } },
      ids: ['x'],
    })
    expect(() => join(rowsOf(1), other)).toThrow(
      'the datasets have no column in common: image, text, n, kind; z',
    )
  })
})

describe('join', () => {
  const scores = buildTable({
    fields: {
      text: { kind: 'category', classes: ['p 0', 'p 2', 'p 9'] },
      score: { kind: 'float' },
      n: { kind: 'int' },
      tag: { kind: 'text' },
    },
    columns: {
      text: { kind: 'category', values: [0, 1, 1, 2, -1] },
      score: { kind: 'float', values: [1, 2, 3, 4, 5] },
      n: { kind: 'int', values: [10, 20, 30, 40, 50] },
      tag: { kind: 'text', values: [['a'], ['b'], ['c'], ['d'], ['e']] },
    },
    ids: ['s0', 's1', 's2', 's3', 's4'],
  })
  const join = (left: Table, right: Table, keys: readonly string[], kind: 'inner' | 'left') =>
    joinTables(left, right, { kind, ...joinedFields(left.schema, right.schema, { keys, kind }) })

  test('inner: a left row comes for each match, with its picture', () => {
    expect(join(rowsOf(3), scores, ['text'], 'inner')).toMatchObject({
      ids: ['p0', 'p2+s1', 'p2+s2'],
      columns: {
        image: { values: [{ hash: 'h0' }, { hash: 'h1' }, { hash: 'h1' }] },
        score: { values: [1, 2, 3] },
        n: { values: [0, 2, 2] },
        n_right: { kind: 'int', values: [10, 20, 30] },
      },
    })
  })

  test('left: rows without a match stay, with nothing on the right', () => {
    expect(join(rowsOf(3), scores, ['text'], 'left')).toMatchObject({
      ids: ['p0', 'p1', 'p2+s1', 'p2+s2'],
      columns: {
        n_right: { kind: 'float', values: [10, Number.NaN, 20, 30] },
        tag: { values: [['a'], [''], ['b'], ['c']] },
      },
    })
  })

  test('keys that are nothing fit nothing; keys that can’t fit are refused', () => {
    expect(join(scores, scores, ['text'], 'inner').rows).toBe(1 + 4 + 1)
    expect(() => join(rowsOf(1), scores, ['image'], 'inner')).toThrow(
      'the right dataset has no column "image"',
    )
    expect(() => join(scores, rowsOf(1), ['n'], 'left')).toThrow(
      /"image" of the right dataset holds pictures/,
    )
    const numbers = buildTable({
      fields: { text: { kind: 'int' } },
      columns: { text: { kind: 'int', values: [1] } },
      ids: ['x'],
    })
    expect(() => join(rowsOf(1), numbers, ['text'], 'inner')).toThrow(
      'column "text" is text on the left and int on the right',
    )
  })
})

describe('mix', () => {
  test('shares are exact to one row, whatever the weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 10_000 }),
        (weights, total) => {
          const sum = weights.reduce((a, b) => a + b, 0)
          fc.pre(sum > 1e-6)
          const counts = apportion(weights, total)
          expect(counts.reduce((a, b) => a + b, 0)).toBe(total)
          for (const [i, w] of weights.entries())
            expect(Math.abs(counts[i]! - (w / sum) * total)).toBeLessThan(1 + 1e-6)
        },
      ),
    )
  })

  test('one part is sampled, another repeated as evenly as can be', () => {
    const [a, b] = [rowsOf(100, 'a'), rowsOf(10, 'b')]
    const options = { weights: [3, 1], rows: 100, seed: 4, fields: concatenatedFields([a.schema, b.schema]) }
    const mixed = mixTables([a, b], options)
    expect(mixed.rows).toBe(100)
    const from = (prefix: string) =>
      mixed.ids.filter(id => id.startsWith(prefix)).map(id => id.split('#')[0]!)
    expect(from('a')).toHaveLength(75)
    expect(new Set(from('a')).size).toBe(75)
    const times = [...rowsOf(10, 'b').ids].map(id => from('b').filter(x => x === id).length)
    expect(times.every(t => t === 2 || t === 3)).toBe(true)
    expect(mixTables([a, b], options).hash).toBe(mixed.hash)
    expect(mixTables([a, b], { ...options, seed: 5 }).hash).not.toBe(mixed.hash)
  })
})
