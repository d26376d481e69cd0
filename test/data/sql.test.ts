import { describe, expect, test } from 'vitest'
import { buildTable } from '../../src/data/build.ts'
import { filterTable } from '../../src/data/sql/filter.ts'
import { mapTable } from '../../src/data/sql/map.ts'
import type { Table } from '../../src/data/table.ts'
import type { Field } from '../../src/graph/schema.ts'

const table: Table = buildTable({
  fields: {
    image: { kind: 'image' },
    caption: { kind: 'text', variants: true },
    name: { kind: 'text' },
    kind: { kind: 'category', classes: ['cat', 'dog'] },
    n: { kind: 'int' },
    score: { kind: 'float' },
  },
  columns: {
    image: { kind: 'image', values: 'abcd'.split('').map(hash => ({ path: `/${hash}.png`, hash })) },
    caption: { kind: 'text', values: [['a cat', 'cat'], ['a dog'], ["it's", 'b'], ['']] },
    name: { kind: 'text', values: [['x'], ['y'], ['x'], ['z']] },
    kind: { kind: 'category', values: [0, 1, -1, 1] },
    n: { kind: 'int', values: [1, 2, 3, 2 ** 53 - 1] },
    score: { kind: 'float', values: [0.5, Number.NaN, -1, 1e300] },
  },
  ids: ['r1', 'r2', 'r3', 'r4'],
})

const ids = async (where: string) => (await filterTable(table, where)).ids

describe('filter', () => {
  const cases: [string, string[]][] = [
    ['true', ['r1', 'r2', 'r3', 'r4']],
    ['n >= 2 AND n < 100', ['r2', 'r3']],
    ["kind = 'dog'", ['r2', 'r4']],
    ['kind IS NULL', ['r3']],
    ["caption[1] ILIKE '%CAT%'", ['r1']],
    ["list_contains(caption, 'b')", ['r3']],
    ['isnan(score) OR score > 1e200', ['r2', 'r4']],
    ["id IN ('r1', 'r4') -- a comment", ['r1', 'r4']],
    ['row_number() OVER (PARTITION BY name ORDER BY id DESC) = 1', ['r2', 'r3', 'r4']],
    ['len(list_filter(caption, c -> len(c) > 3)) > 0', ['r1', 'r2', 'r3']],
    ['NULL', []],
    ['n = 9007199254740991', ['r4']],
    ['"N" = 1', ['r1']],
  ]
  test.each(cases)('%s', async (where, expected) => {
    expect(await ids(where)).toEqual(expected)
  })

  test('every column goes along with its row, pictures too', async () => {
    const { columns } = await filterTable(table, 'n = 3')
    expect(columns).toMatchObject({
      image: { values: [{ path: '/c.png', hash: 'c' }] },
      caption: { values: [["it's", 'b']] },
      kind: { values: [-1] },
    })
  })

  test('a hundred thousand rows keep their order', async () => {
    const rows = 100_000
    const many = buildTable({
      fields: { n: { kind: 'int' } },
      columns: { n: { kind: 'int', values: Array.from({ length: rows }, (_, i) => i) } },
      ids: Array.from({ length: rows }, (_, i) => `${i}`),
    })
    const kept = await filterTable(many, 'n % 3 = 0')
    expect(kept.ids).toEqual(many.ids.filter((_, i) => i % 3 === 0))
  })
})

describe('hostile SQL is refused, in words', () => {
  const refused: [string, RegExp][] = [
    ["true) ; COPY rows TO '/tmp/x' ; SELECT (true", /second statement|can’t be read/],
    ['true; DROP TABLE rows', /can’t be read|refused/],
    ["COPY rows TO '/tmp/x.csv'", /can’t be read/],
    ["ATTACH '/tmp/x.db'", /Type with name ATTACH does not exist/],
    ['INSTALL httpfs', /can’t be read/],
    ["LOAD '/tmp/x.so'", /Type with name LOAD does not exist/],
    ['PRAGMA database_list', /can’t be read/],
    ["SET memory_limit='99GB'", /can’t be read/],
    ["true) FROM read_csv('/etc/passwd') WHERE (true", /FROM, WHERE/],
    ['true) UNION SELECT (true', /UNION/],
    ['(SELECT max(n) FROM rows) = n', /subqueries/],
    ["(SELECT count(*) FROM read_text('/etc/passwd')) > 0", /subqueries/],
    ["EXISTS (FROM glob('/*'))", /subqueries/],
    ['n IN (SELECT 1)', /subqueries/],
    ['(WITH x AS (SELECT 1) SELECT * FROM x) = 1', /subqueries/],
    ['n = $1', /parameters/],
    ['random() < 0.5', /random is not, because it gives another value each time/],
    ["now() > DATE '2020-01-01'", /now is not/],
    ["current_timestamp > DATE '2020-01-01'", /current_timestamp is not/],
    ["uuid()::VARCHAR > 'a'", /uuid is not/],
    ["getvariable('x') = 1", /getvariable is not/],
    ["current_setting('memory_limit') = ''", /current_setting is not/],
    ['pg_sleep(9) = 1', /pg_sleep is not/],
    ['true), (true', /a list of several/],
    ['__row = 1', /__row is not/],
    ['nothing = 1', /"nothing" not found|nothing/],
    ["image = 'a'", /holds pictures: SQL can't see them/],
    ['caption', /can’t be computed/],
    ["read_text('/etc/passwd') = ''", /can’t be computed/],
    ["error('mine')", /mine/],
    ['', /can’t be read/],
    ['/* open', /can’t be read/],
    ['count(*) > 1', /can’t be computed/],
  ]
  test.each(refused)('%s', async (where, problem) => {
    await expect(filterTable(table, where)).rejects.toThrow(problem)
    await expect(filterTable(table, where)).rejects.toMatchObject({ name: 'DataError' })
  })

  test('what takes too long or too much is stopped', async () => {
    const slow = 'list_sum(list_transform(range(20000000), x -> sin(x))) > n'
    await expect(filterTable(table, slow, { seconds: 0.3 })).rejects.toThrow(/took longer than 0.3 s|memory/i)
    const deep = `${'abs('.repeat(20_000)}n${')'.repeat(20_000)} > 0`
    await expect(filterTable(table, deep)).rejects.toThrow(/can’t be (read|computed)/)
  })

  test('an aborted run stops it', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('stopped by hand')), 100)
    const slow = 'list_sum(list_transform(range(20000000), x -> sin(x))) > n'
    await expect(filterTable(table, slow, { signal: stop.signal })).rejects.toThrow(/stopped by hand|memory/)
  })
})

describe('map', () => {
  const map = (select: readonly string[], fields: Record<string, Field>, drop: readonly string[] = []) =>
    mapTable(table, { select, fields, drop })

  test('columns are added, replaced and dropped; pictures stay', async () => {
    const made = await map(
      [
        "list_transform(caption, c -> 'a photo of ' || c) AS caption",
        'n % 2 AS odd',
        'least(score, 1) / 2 AS half',
        "CASE WHEN n < 2 THEN 'few' ELSE 'many' END AS amount",
        "upper(name) || '!' AS loud",
        'kind AS kind',
      ],
      {
        caption: { kind: 'text', variants: true },
        odd: { kind: 'int' },
        half: { kind: 'float' },
        amount: { kind: 'category', classes: ['few', 'many'] },
        loud: { kind: 'text' },
        kind: { kind: 'category', classes: ['cat', 'dog'] },
      },
      ['name'],
    )
    expect(Object.keys(made.columns)).toEqual('image caption kind n score odd half amount loud'.split(' '))
    expect(made.columns).toMatchObject({
      image: table.columns.image,
      caption: {
        values: [
          ['a photo of a cat', 'a photo of cat'],
          ['a photo of a dog'],
          ["a photo of it's", 'a photo of b'],
          ['a photo of'],
        ],
      },
      odd: { values: [1, 0, 1, 1] },
      half: { values: [0.25, 0.5, -0.5, 0.5] },
      amount: { values: [0, 1, 1, 1] },
      loud: { values: [['X!'], ['Y!'], ['X!'], ['Z!']] },
      kind: { values: [0, 1, -1, 1] },
    })
    expect(made.ids).toEqual(table.ids)
  })

  test('values that do not fit name their rows', async () => {
    await expect(map(['score AS n'], { n: { kind: 'int' } })).rejects.toThrow(
      /r1: "n" is 0\.5, not a whole number/,
    )
    await expect(map(["'cow' AS k"], { k: { kind: 'category', classes: ['cat'] } })).rejects.toThrow(
      /r1: "k" is "cow", which is none of its 1 classes/,
    )
  })

  test('what makes no column of one value a row is refused', async () => {
    await expect(map(['n'], {})).rejects.toThrow(/has no name/)
    await expect(map(['* AS x'], {})).rejects.toThrow(/can’t be read|has a \*|has no name/)
    await expect(map(["COLUMNS('n.*') AS x"], {})).rejects.toThrow(/has a \*/)
    await expect(map(['unnest([1, 2]) AS x'], { x: { kind: 'int' } })).rejects.toThrow(/gives 8 rows for 4/)
    await expect(map(['n AS x, n AS y'], {})).rejects.toThrow(/a list of several/)
    await expect(map(['n AS x FROM rows --'], {})).rejects.toThrow(/FROM, WHERE/)
    await expect(map(['count(*) AS x'], { x: { kind: 'int' } })).rejects.toThrow(/can’t be computed/)
  })
})
