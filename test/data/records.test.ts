import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { peekSource, type ReadOptions, readSource } from '../../src/data/read/collect.ts'
import { type RecordsOptions, recordsSource } from '../../src/data/read/records.ts'
import { classesOf, firstTexts, plainPng, sharedData, temporaryFolder, writeFiles } from './helpers.ts'

const skip: ReadOptions = { kinds: {}, onBadRow: 'skip' }
const red = await plainPng([255, 0, 0])

/** Reads a file of the given text beside some pictures. */
async function read(
  name: string,
  text: string | Uint8Array,
  options: Partial<ReadOptions & RecordsOptions> = {},
) {
  const folder = await temporaryFolder()
  await writeFiles(folder, { [name]: text, 'pics/a.png': red, 'pics/b.png': red })
  return readSource(recordsSource({ path: join(folder, name), ...options }), { ...skip, ...options })
}

const lines = (...rows: object[]) => rows.map(row => JSON.stringify(row)).join('\n')

describe('good files', () => {
  test('a column of names of pictures is an image column; lists of two are two', async () => {
    const table = await read(
      'rows.jsonl',
      lines(
        { id: 7, image: 'pics/a.png', sentence: 'a', label: true, pair: ['pics/a.png', 'pics/b.png'], n: 1 },
        {
          id: 8,
          image: 'pics/b.png',
          sentence: 'b',
          label: false,
          pair: ['pics/b.png', 'pics/a.png'],
          n: 2.5,
        },
      ),
    )
    expect(table.ids).toEqual(['7', '8'])
    expect(Object.entries(table.schema.fields).map(([name, f]) => `${name} ${f.kind}`)).toEqual([
      'id int',
      'image image',
      'sentence text',
      'label category',
      'pair_1 image',
      'pair_2 image',
      'n float',
    ])
    expect(classesOf(table, 'label')).toEqual(['true', 'false'])
  })

  test('names of pictures that are not there stay text', async () => {
    const table = await read('rows.jsonl', lines({ image: 'lost.png', caption: 'x' }))
    expect(table.schema.fields.image).toEqual({ kind: 'text' })
  })

  test('CSV, TSV and a JSON list', async () => {
    const csv = await read(
      'rows.csv',
      'image,caption,n,x\r\npics/a.png,"one, two",1,0.5\r\npics/b.png,three,2,nan\r\n',
    )
    expect(csv.columns).toMatchObject({
      caption: { values: [['one, two'], ['three']] },
      n: { kind: 'int', values: [1, 2] },
      x: { kind: 'float', values: [0.5, Number.NaN] },
    })
    const tsv = await read('rows.tsv', 'caption\tn\nsay "hi"\t1\n')
    expect(firstTexts(tsv, 'caption')).toEqual(['say "hi"'])
    const json = await read('rows.json', '[{"caption": "a"}, 3]')
    expect(json).toMatchObject({ rows: 1, bad: [{ where: 'rows.json: row 2' }] })
  })

  test('names made from columns, as NLVR publishes its statements', async () => {
    const table = await read(
      'dev.json',
      JSON.stringify([
        { identifier: 'a', directory: 'pics', sentence: 'There is a box.', label: 'true' },
        { identifier: 'c', directory: 'pics', sentence: 'There is no box.', label: 'false' },
      ]),
      { pictures: ['{directory}/{identifier}.png'], kinds: { label: 'category' } },
    )
    expect(table).toMatchObject({ ids: ['a'], schema: { fields: { image: { kind: 'image' } } } })
    expect(table.bad[0]).toMatchObject({ where: 'dev.json: row 2' })
    expect(table.bad[0]!.problem).toMatch(/^there is no file "pics\/c.png" in /)
  })

  test('a row without a name is known by what it holds, wherever it stands', async () => {
    const a = await read('rows.jsonl', lines({ caption: 'a' }, { caption: 'b' }, { caption: 'a' }))
    const b = await read('rows.jsonl', lines({ caption: 'b' }, { caption: 'a' }))
    expect(a.ids.slice(0, 2)).toEqual([...b.ids].reverse())
    expect(a.ids[2]).toBe(`${a.ids[0]}#2`)
  })
})

describe('bad and hostile rows are named', () => {
  test('JSON Lines', async () => {
    const table = await read(
      'rows.jsonl',
      Buffer.concat([
        Buffer.from(`${lines({ caption: 'good', n: 1, image: 'pics/a.png' })}\n`),
        Buffer.from('{"caption": "cut\n[1]\nNaN\n'),
        Buffer.from('{"caption": "\xff", "n": 1, "image": "pics/a.png"}\n', 'latin1'),
        Buffer.from(
          [
            { caption: 'x', n: 'two', image: 'pics/a.png' },
            { caption: '', n: 1, image: 'pics/a.png' },
            { caption: 'x', n: 1, image: '../rows.png' },
            { caption: 'x', n: 1, image: '/etc/passwd.png' },
            { caption: 'x', n: 1, image: 'C:\\x.png' },
            { caption: 'x', n: 1, image: 'https://example.org/x.png' },
            { caption: 'x', n: 1, image: 'pics/a.png\0.png' },
            { caption: 'x', n: 1, image: 'rows.jsonl' },
            { caption: 'x', n: 1, image: 'pics/lost.png' },
            { caption: ['two', 'texts'], n: 1, image: 'pics/a.png' },
          ]
            .map(row => JSON.stringify(row))
            .join('\n'),
        ),
        Buffer.from('\n{"caption": "x", "n": 1e999, "image": "pics/a.png"}\n'),
      ]),
      { kinds: { n: 'int', image: 'image', caption: 'text' } },
    )
    expect(
      table.bad.map(b => `${b.where}: ${b.problem.replace(/ in \/.*/, ' in …')}`),
    ).toMatchInlineSnapshot(`
      [
        "rows.jsonl:2: this line is not JSON: Unterminated string in JSON at position 16.",
        "rows.jsonl:3: this line is JSON but no object: {"image": …, "text": …}.",
        "rows.jsonl:4: this line is not JSON: "NaN" is not valid JSON.",
        "rows.jsonl:5: this line is not UTF-8 text. Save the file as UTF-8.",
        "rows.jsonl:6: "n" is "two", not a whole number.",
        "rows.jsonl:7: "caption" is missing or empty.",
        "rows.jsonl:8: "../rows.png" leads outside its folder, and is not read.",
        "rows.jsonl:9: "/etc/passwd.png" is an absolute path or an address. Name pictures relative to their folder.",
        "rows.jsonl:10: "C:\\x.png" is an absolute path or an address. Name pictures relative to their folder.",
        "rows.jsonl:11: "https://example.org/x.png" is an absolute path or an address. Name pictures relative to their folder.",
        "rows.jsonl:12: "pics/a.png\\0.png" is no name of a file.",
        "rows.jsonl:13: "rows.jsonl": JSONL pictures can't be read. Convert it to PNG, JPEG, WebP, GIF or TIFF.",
        "rows.jsonl:14: there is no file "pics/lost.png" in …",
        "rows.jsonl:16: "n" is Infinity, not a whole number.",
      ]
    `)
    expect(table.rows).toBe(2)
  })

  test('what comes after the first thousand rows must fit them', async () => {
    const rows = Array.from({ length: 1100 }, (_, n) => ({ caption: `${n}`, n }))
    const table = await read('rows.jsonl', lines(...rows, { caption: 'x', n: 0.5 }, { caption: 'x' }))
    expect(table.bad).toEqual([
      { where: 'rows.jsonl:1101', problem: '"n" is 0.5, not a whole number.' },
      {
        where: 'rows.jsonl:1102',
        problem: '"n" is missing, which a column of whole numbers can’t say. Set its kind to "float".',
      },
    ])
  })

  test('a link that leads out of the folder is not followed', async () => {
    const folder = await temporaryFolder()
    const outside = await temporaryFolder()
    await writeFiles(outside, { 'secret.png': red })
    await writeFiles(folder, { 'a.png': red, 'rows.jsonl': lines({ image: 'a.png' }, { image: 'link.png' }) })
    symlinkSync(join(outside, 'secret.png'), join(folder, 'link.png'))
    const table = await readSource(recordsSource({ path: join(folder, 'rows.jsonl') }), skip)
    expect(table.bad).toEqual([
      { where: 'rows.jsonl:2', problem: '"link.png" leads outside its folder, and is not read.' },
    ])
  })

  test('files that can’t be used at all', async () => {
    const files: [string, string | Uint8Array, RegExp][] = [
      ['rows.jsonl', '', /has no rows/],
      ['rows.csv', '', /is empty/],
      ['rows.csv', 'a,a\n1,2\n', /two columns are called "a"/],
      ['rows.json', '{"a": 1}', /holds no list of objects/],
      ['rows.json', '[{"a": 1}', /is not JSON/],
      ['rows.xml', '<a/>', /only \.jsonl, \.json, \.csv and \.tsv/],
      ['rows.csv', Buffer.from([97, 10, 0xff]), /not UTF-8/],
    ]
    for (const [name, text, problem] of files) await expect(read(name, text)).rejects.toThrow(problem)
    await expect(read('rows.jsonl', lines({ a: 1 }), { kinds: { b: 'int' } })).rejects.toThrow(
      'File rows.jsonl has no column "b"; it has "a".',
    )
  })
})

describe('published data', () => {
  const cases: [string, Partial<RecordsOptions>, Record<string, string>][] = [
    [
      'nlvr/train_sample/examples.jsonl',
      {},
      { image: 'image', sentence: 'text', label: 'category', id: 'text' },
    ],
    [
      'coco_open/vsr_linked.jsonl',
      {},
      { image: 'image', caption: 'text', label: 'category', relation: 'text' },
    ],
    ['coco_open/sugarcrepe_linked.jsonl', {}, { image: 'image', caption: 'text', negative_caption: 'text' }],
    ['compositional_text/sugarcrepe.jsonl', {}, { image: 'text', caption: 'text', negative_caption: 'text' }],
    ['compositional_text/vsr_random_dev.jsonl', {}, { label: 'int', caption: 'text' }],
    [
      'hallucination_text/pope/coco_pope_random.jsonl',
      {},
      { question_id: 'int', text: 'text', label: 'text' },
    ],
    ['charts_vegalite/charts.jsonl', {}, { image: 'image', description: 'text' }],
    ['clothing/validation.jsonl', {}, { image: 'image', label: 'text' }],
    ['clevr_samples/scenes.jsonl', {}, { image: 'image', objects: 'text' }],
    ['photos_pd/photos.jsonl', {}, { image: 'image', captions: 'text', qa: 'text' }],
  ]
  test.each(cases)('%s', async (name, options, kinds) => {
    const { path, missing } = sharedData(name)
    if (missing) {
      console.log(`skipped: ${missing}`)
      return
    }
    const schema = await peekSource(recordsSource({ path, ...options }), {})
    for (const [column, kind] of Object.entries(kinds)) expect(schema.fields[column]?.kind, column).toBe(kind)
  })

  const vsr = sharedData('coco_open/vsr_linked.jsonl')
  test.skipIf(vsr.missing)(
    `VSR with its pictures is read whole${vsr.missing ? ` (${vsr.missing})` : ''}`,
    async () => {
      const table = await readSource(recordsSource({ path: vsr.path }), skip)
      expect(table.bad).toEqual([])
      expect(classesOf(table, 'label')).toContain('false')
    },
  )
})
