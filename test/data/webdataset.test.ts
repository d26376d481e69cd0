import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { verifyImage } from '../../src/data/decode.ts'
import { packImages } from '../../src/data/pack.ts'
import { peekSource, type ReadOptions, readSource } from '../../src/data/read/collect.ts'
import { type Picture, PictureFiles } from '../../src/data/read/picture.ts'
import { isRawRow } from '../../src/data/read/raw.ts'
import { webdatasetSource } from '../../src/data/read/webdataset.ts'
import { readTable, writeTable } from '../../src/data/serialize.ts'
import { noisyJpeg, plainPng, sharedData, temporaryFolder, writeFiles } from './helpers.ts'
import { makeTar, paxRecord, type TarEntry } from './tar-kit.ts'

const skip: ReadOptions = { kinds: {}, onBadRow: 'skip' }
const red = await plainPng([255, 0, 0])
const blue = await plainPng([0, 0, 255])

async function shardOf(entries: readonly TarEntry[] | Uint8Array, name = 'a.tar'): Promise<string> {
  const folder = await temporaryFolder()
  await writeFiles(folder, { [name]: entries instanceof Uint8Array ? entries : makeTar(entries) })
  return join(folder, name)
}

const read = async (entries: readonly TarEntry[] | Uint8Array, options = skip) =>
  readSource(webdatasetSource(await shardOf(entries)), options)

const good: readonly TarEntry[] = [
  { name: 'red.png', data: red },
  { name: 'red.txt', data: 'a red square\n' },
  {
    name: 'red.json',
    data: '{"width": 8, "score": 0.5, "safe": true, "tags": ["a", "b"], "from": {"url": "x"}}',
  },
  { name: 'red.cls', data: '3' },
  { name: 'blue.png', data: blue },
  { name: 'blue.txt', data: 'a blue square' },
  { name: 'blue.json', data: '{"width": 8, "score": 1, "safe": false, "tags": ["c"], "from": null}' },
  { name: 'blue.cls', data: '4' },
]

describe('good archives', () => {
  test('files of one name are a row; JSON gives columns; the picture stays in the archive', async () => {
    const table = await read(good)
    expect(table.bad).toEqual([])
    expect(table.ids).toEqual(['red', 'blue'])
    expect(table.schema.fields).toMatchInlineSnapshot(`
      {
        "caption": {
          "kind": "text",
        },
        "from": {
          "kind": "text",
        },
        "image": {
          "kind": "image",
        },
        "label": {
          "kind": "int",
        },
        "safe": {
          "classes": [
            "false",
            "true",
          ],
          "kind": "category",
        },
        "score": {
          "kind": "float",
        },
        "tags": {
          "kind": "text",
          "variants": true,
        },
        "width": {
          "kind": "int",
        },
      }
    `)
    expect(table.columns).toMatchObject({
      caption: { values: [['a red square'], ['a blue square']] },
      label: { values: [3, 4] },
      score: { values: [0.5, 1] },
      safe: { values: [1, 0] },
      tags: { values: [['a', 'b'], ['c']] },
      from: { values: [['{"url":"x"}'], ['']] },
    })
    const { image } = table.columns
    if (image?.kind !== 'image') throw new Error('no image column')
    expect(image.values.map(ref => ref.part)).toEqual([
      { offset: 512, length: red.length },
      { offset: 4 * 1024 + 512, length: blue.length },
    ])
    const files = new PictureFiles()
    expect(Buffer.from(await files.read(image.values[1]!))).toEqual(blue)
    await files.close()
  })

  test('what a peek says is what reading gives; a category has the classes of all rows', async () => {
    const path = await shardOf(good)
    const kinds = { label: 'category', from: 'skip' } as const
    const schema = await peekSource(webdatasetSource(path), kinds)
    const table = await readSource(webdatasetSource(path), { ...skip, kinds })
    expect(table.schema.fields).toEqual(schema.fields)
    expect(schema.fields.label).toEqual({ kind: 'category', classes: ['3', '4'] })
    expect(schema.fields.from).toBeUndefined()
  })

  test('shards by braces; equal keys of two shards get a number; a missing shard is named', async () => {
    const folder = await temporaryFolder()
    const one = makeTar(good)
    await writeFiles(folder, { 's-08.tar': one, 's-10.tar': one })
    const table = await readSource(webdatasetSource(join(folder, 's-{08..10}.tar')), skip)
    expect(table.ids).toEqual(['red', 'blue', 'red#2', 'blue#2'])
    expect(table.bad).toEqual([
      { where: 's-09.tar', problem: `There is no file ${join(folder, 's-09.tar')}.` },
    ])
  })

  test('a table of tar pictures is kept, read back, packed and gathered', async () => {
    const table = await read(good)
    const folder = await temporaryFolder()
    await writeTable(join(folder, 't.table'), table)
    const back = (await readTable(join(folder, 't.table')))!
    expect(back.columns).toEqual(table.columns)
    const packed = await packImages(back, 'image', { size: 2, mode: 'squash' }, folder)
    const pixels = new Uint8Array(2 * 12)
    await packed.pack.gather(packed.index, pixels)
    expect([...pixels.subarray(0, 3), ...pixels.subarray(12, 15)]).toEqual([255, 0, 0, 0, 0, 255])
    await packed.pack.close()
  })

  const tar = spawnSync('tar', ['--version']).stdout?.toString() ?? ''
  const noTar = tar.includes('GNU tar') ? undefined : 'there is no GNU tar'
  test.skipIf(noTar)(`long names, as GNU tar writes them${noTar ? ` (${noTar})` : ''}`, async () => {
    const folder = await temporaryFolder()
    const long = `${'deep/'.repeat(30)}${'n'.repeat(120)}`
    await writeFiles(folder, { [`${long}.png`]: red, [`${long}.txt`]: 'long' })
    for (const format of ['gnu', 'pax']) {
      execFileSync('tar', ['--sort=name', `--format=${format}`, '-cf', `${format}.tar`, 'deep'], {
        cwd: folder,
      })
      const table = await readSource(webdatasetSource(join(folder, `${format}.tar`)), skip)
      expect(table).toMatchObject({ ids: [long], bad: [], columns: { caption: { values: [['long']] } } })
    }
  })

  const nlvr = sharedData('nlvr/dev/permutations_1to5.tar')
  test.skipIf(nlvr.missing)(`NLVR's tar of pictures${nlvr.missing ? ` (${nlvr.missing})` : ''}`, async () => {
    const ids: (string | undefined)[] = []
    const files = new PictureFiles()
    for await (const row of webdatasetSource(nlvr.path).rows()) {
      if (!isRawRow(row)) throw new Error(row.problem)
      if (ids.push(row.id) % 500 === 0) await verifyImage(await files.read(row.values.image as Picture))
    }
    await files.close()
    const listed = execFileSync('tar', ['-tf', nlvr.path]).toString().trim().split('\n')
    expect(ids.map(id => `${id}.png`)).toEqual(listed)
  })
})

describe('empty, truncated and hostile archives: what is wrong is named, and the rest is read', () => {
  const bad = async (entries: readonly TarEntry[] | Uint8Array) => {
    const table = await read(entries)
    return { ids: table.ids, bad: table.bad.map(b => `${b.where}: ${b.problem}`) }
  }

  test('rows that can’t be used', async () => {
    expect(
      await bad([
        { name: 'cut.jpg', data: (await noisyJpeg(1)).subarray(0, 900) },
        { name: 'cut.txt', data: 'cut' },
        { name: 'bare.png', data: red },
        { name: 'alone.txt', data: 'no picture' },
        { name: 'twice.png', data: red },
        { name: 'twice.png', data: blue },
        { name: 'twice.txt', data: 'twice' },
        { name: 'json.png', data: red },
        { name: 'json.txt', data: 'x' },
        { name: 'json.json', data: '{"width": NaN}' },
        { name: 'utf.png', data: red },
        { name: 'utf.txt', data: Buffer.from([0xff, 0xfe, 0x41]) },
        { name: '../../etc/passwd.txt', data: 'x' },
        { name: '/abs.txt', data: 'x' },
        { name: 'link.png', type: '2' },
        { name: 'link.txt', data: 'linked' },
        ...good,
        { name: 'red.txt', data: 'again, apart' },
        { name: 'noextension', data: 'x' },
      ]),
    ).toMatchInlineSnapshot(`
      {
        "bad": [
          "a.tar: "cut": this picture can't be decoded: it is broken or was cut short.",
          "a.tar: "bare": "caption" is missing or empty.",
          "a.tar: "alone": "image" has no picture.",
          "a.tar: "twice": it has two files "png".",
          "a.tar: "json": "json" is not JSON: Unexpected token 'N', "{"width": NaN}" is not valid JSON.",
          "a.tar: "../../etc/passwd.txt": this name leads outside the archive, so the file is not used.",
          "a.tar: "/abs.txt": this name leads outside the archive, so the file is not used.",
          "a.tar: "utf": "txt" is not UTF-8 text.",
          "a.tar: "link": "png" is a link, not a file.",
          "a.tar: "noextension": this name has no key and extension, such as "000001.jpg".",
          "a.tar: "red": its files don’t lie together: this key was in the shard before. Sort the shard.",
        ],
        "ids": [
          "red",
          "blue",
        ],
      }
    `)
  })

  test('a key called __proto__ is a column like any other', async () => {
    const table = await read([
      { name: 'a.png', data: red },
      { name: 'a.txt', data: 'a' },
      { name: 'a.json', data: '{"__proto__": "x", "constructor": 1, "a b": "y"}' },
    ])
    expect(Object.keys(table.columns)).toEqual(['image', 'caption', 'proto', 'constructor', 'a_b'])
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  test('cut short anywhere: a bad row says so, and no row is made of half a sample', async () => {
    const whole = makeTar(good)
    const marks = [512, 700, 1500, 2600, whole.length - 1024, whole.length - 1500]
    for (const length of marks) {
      const table = await bad(whole.subarray(0, length)).catch((error: Error) => ({
        ids: [],
        bad: [error.message],
      }))
      expect(table.ids.length, `${length}`).toBeLessThan(2)
      expect(table.bad.join('\n'), `${length}`).toMatch(/cut short|the archive ends after/)
    }
  })

  test('sizes that lie, damaged headers, other files', async () => {
    const huge = { name: 'bomb.png', data: red, claims: 8 ** 11 - 1 }
    expect(await bad([...good, huge])).toEqual({
      ids: ['red'],
      bad: [
        expect.stringContaining(
          '"bomb.png" claims 8589934591 bytes, but the archive ends after 1536 of them.',
        ),
      ],
    })
    expect(await bad([...good, { name: 'x.txt', badSum: true }])).toEqual({
      ids: ['red'],
      bad: [
        expect.stringMatching(
          /the header at byte \d+ is damaged; what follows can't be found\..*"blue" may be/,
        ),
      ],
    })
    const pax = { name: 'p', type: 'x', data: paxRecord('size', '99999999999999999999') }
    expect(await bad([...good, pax, { name: 'x.png', data: red }])).toMatchObject({ ids: ['red'] })
    const failing: [Uint8Array, RegExp][] = [
      [new Uint8Array(), /without its end mark/],
      [new Uint8Array(1024), /has no rows/],
      [Buffer.from('hello '.repeat(200)), /is no tar archive/],
      [gzipSync(makeTar(good)), /Unpack it with gunzip/],
      [
        Buffer.concat([makeTar([{ name: 'x', type: 'L', claims: 2 ** 30 }], false), Buffer.alloc(4096)]),
        /claims/,
      ],
    ]
    for (const [bytes, problem] of failing) await expect(read(bytes)).rejects.toThrow(problem)
  })

  test('onBadRow fail stops at them', async () => {
    const entries = [...good, { name: 'x.txt', data: 'no picture' }]
    await expect(read(entries, { ...skip, onBadRow: 'fail' })).rejects.toThrow(
      /a\.tar: 1 bad row\.\n {2}a\.tar: "x": "image" has no picture\./,
    )
  })
})
