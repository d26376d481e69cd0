import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import { packImages } from '../../src/data/pack.ts'
import { peekSource, type ReadOptions, readSource } from '../../src/data/read/collect.ts'
import { parquetSource } from '../../src/data/read/parquet.ts'
import { PictureFiles } from '../../src/data/read/picture.ts'
import { readTable, writeTable } from '../../src/data/serialize.ts'
import { shuffleRows } from '../../src/data/tables/shuffle-rows.ts'
import { plainPng, temporaryFolder } from './helpers.ts'

const skip: ReadOptions = { kinds: {}, onBadRow: 'skip' }
const colours = [0, 60, 120, 180, 240]
const pictures = await Promise.all(colours.map(g => plainPng([9, g, 9])))

type Write = Parameters<typeof parquetWriteBuffer>[0]

/** Five rows in row groups of two, with the picture as Hugging Face keeps it, a struct of bytes and path. */
const good = (more: Partial<Write> = {}): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 6 },
        { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
        { name: 'score', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
        { name: 'safe', type: 'BOOLEAN', repetition_type: 'OPTIONAL' },
        { name: 'big', type: 'INT64', repetition_type: 'OPTIONAL' },
      ],
      columnData: [
        { name: 'image', data: pictures.map((bytes, i) => ({ bytes, path: `${i}.png` })) },
        { name: 'text', data: colours.map(g => `green ${g}`) },
        { name: 'label', data: [0n, 1n, 1n, -1n, 0n] },
        { name: 'score', data: [0.5, 1, Number.NaN, -2, 1e30] },
        { name: 'safe', data: [true, false, true, true, false] },
        { name: 'big', data: [2n ** 62n, 1n, 2n, 3n, 4n] },
      ],
      rowGroupSize: 2,
      kvMetadata: [
        {
          key: 'huggingface',
          value: JSON.stringify({
            info: { features: { label: { names: ['cat', 'dog'], _type: 'ClassLabel' } } },
          }),
        },
      ],
      ...more,
    } as Write),
  )

async function fileOf(bytes: Uint8Array, name = 'a.parquet'): Promise<string> {
  const path = join(await temporaryFolder(), name)
  writeFileSync(path, bytes)
  return path
}

const read = async (bytes: Uint8Array, options = skip) =>
  readSource(await parquetSource(await fileOf(bytes)), options)

describe('good files', () => {
  test('columns, classes by name, pictures by row; the peek agrees', async () => {
    const path = await fileOf(good())
    const table = await readSource(await parquetSource(path), { ...skip, kinds: { big: 'skip' } })
    expect(table.bad).toEqual([])
    expect(table.columns).toMatchObject({
      image: { values: colours.map((_, row) => ({ path, part: { column: 'image', row } })) },
      text: { values: colours.map(g => [`green ${g}`]) },
      label: { kind: 'category', values: [0, 1, 1, -1, 0] },
      score: { kind: 'float', values: [0.5, 1, Number.NaN, -2, 1e30] },
      safe: { kind: 'category', values: [1, 0, 1, 1, 0] },
    })
    expect(table.schema.fields.label).toEqual({ kind: 'category', classes: ['cat', 'dog'] })
    expect(await peekSource(await parquetSource(path), { big: 'skip' })).toEqual(table.schema)
  })

  test('a whole number that JavaScript can’t hold is a bad row or, as JSON, text', async () => {
    const table = await read(good(), { ...skip, kinds: { big: 'int' } })
    expect(table.bad).toEqual([
      { where: 'a.parquet: row 1', problem: '"big" is 4611686018427387904, a number too large to keep.' },
    ])
    const kept = await read(good(), { ...skip, kinds: { big: 'json' } })
    expect(kept.columns.big).toMatchObject({ values: [['4611686018427387904'], ['1'], ['2'], ['3'], ['4']] })
  })

  test('pictures are read by row group when a shuffled table is packed', async () => {
    const path = await fileOf(good())
    const table = shuffleRows(
      await readSource(await parquetSource(path), { ...skip, kinds: { big: 'skip' } }),
      3,
    )
    const folder = await temporaryFolder()
    await writeTable(join(folder, 't'), table)
    const back = (await readTable(join(folder, 't')))!
    const packed = await packImages(back, 'image', { size: 1, mode: 'squash' }, folder)
    const pixels = new Uint8Array(5 * 3)
    await packed.pack.gather(packed.index, pixels)
    const greens = [...pixels].filter((_, i) => i % 3 === 1)
    expect(greens.map(g => `green ${g}`)).toEqual((back.columns.text!.values as string[][]).map(t => t[0]))
    await packed.pack.close()
  })

  test('several files, a missing one and a broken one among them', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'p-0.parquet'), good())
    writeFileSync(join(folder, 'p-2.parquet'), good().subarray(0, 400))
    const source = await parquetSource(join(folder, 'p-{0..2}.parquet'))
    const table = await readSource(source, { ...skip, kinds: { big: 'skip' } })
    expect([table.rows, source.count]).toEqual([5, 5])
    expect(table.bad.map(b => b.problem.replaceAll(folder, ''))).toEqual([
      'There is no file /p-1.parquet.',
      '/p-2.parquet is no parquet file, or was cut short: its end mark is missing.',
    ])
  })

  test('plain bytes are pictures; gzip and zstd are read', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [{ name: 'image', data: [...pictures], type: 'BYTE_ARRAY' }],
      codec: 'UNCOMPRESSED',
    })
    const table = await read(new Uint8Array(bytes))
    expect(table.schema.fields).toEqual({ image: { kind: 'image' } })
    const files = new PictureFiles()
    const column = table.columns.image!
    if (column.kind !== 'image') throw new Error('no image column')
    expect(Buffer.from(await files.read(column.values[4]!))).toEqual(pictures[4])
    await files.close()
  })
})

describe('empty, truncated and hostile files', () => {
  test('each is refused in words', async () => {
    const whole = good()
    const lying = whole.slice()
    new DataView(lying.buffer).setUint32(lying.length - 8, 2 ** 31, true)
    const damaged = whole.slice()
    damaged.fill(255, damaged.length - 300, damaged.length - 100)
    const files: [Uint8Array, RegExp][] = [
      [new Uint8Array(), /is empty/],
      [Buffer.from('PAR1PAR1'), /end mark is missing/],
      [whole.subarray(0, whole.length - 1), /cut short: its end mark is missing/],
      [lying, /says that 2147483648 bytes of it are its footer/],
      [damaged, /is damaged: its footer can't be read|claims|row groups have/],
    ]
    for (const [bytes, problem] of files) await expect(read(bytes)).rejects.toThrow(problem)
    const none = parquetWriteBuffer({ columnData: [{ name: 'text', data: [], type: 'STRING' }] })
    await expect(read(new Uint8Array(none))).rejects.toThrow(/has no rows/)
  })

  test('a row group that can’t be decoded costs its own rows, each by name', async () => {
    const bytes = good({ codec: 'SNAPPY' })
    // The first row group's pages begin after the magic number.
    bytes.fill(255, 4, 60)
    const table = await read(bytes, { ...skip, kinds: {} })
    expect(table.rows).toBe(3)
    expect(table.bad.map(b => b.where)).toEqual(['a.parquet: row 1', 'a.parquet: row 2'])
    expect(table.bad[0]!.problem).toMatch(/row group 1: it can't be decoded/)
  })

  test('rows without a picture or a caption, and broken pictures', async () => {
    const columnData = [
      {
        name: 'image',
        data: [pictures[0]!, null, pictures[2]!.subarray(0, 50), pictures[3]!],
        type: 'BYTE_ARRAY' as const,
      },
      { name: 'text', data: ['a', 'b', 'c', ' '], type: 'STRING' as const },
    ]
    const table = await read(new Uint8Array(parquetWriteBuffer({ columnData })))
    expect(table.rows).toBe(1)
    expect(table.bad).toEqual([
      { where: 'a.parquet: row 2', problem: '"image" has no picture.' },
      { where: 'a.parquet: row 3', problem: "this picture can't be decoded: it is broken or was cut short." },
      { where: 'a.parquet: row 4', problem: '"text" is missing or empty.' },
    ])
  })
})
