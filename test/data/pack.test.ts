import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PackDisk } from '../../src/data/array-file.ts'
import { trainBpe } from '../../src/data/bpe.ts'
import { buildTable, selectRows } from '../../src/data/build.ts'
import { type DecodeOptions, decodeImage } from '../../src/data/decode.ts'
import { DataError } from '../../src/data/error.ts'
import { packImages } from '../../src/data/pack.ts'
import { packTokens } from '../../src/data/pack-tokens.ts'
import { encodePadded } from '../../src/data/tokenizer.ts'
import { noisyJpeg, pictureTable, plainPng, temporaryFolder } from './helpers.ts'

const squash: DecodeOptions = { size: 4, mode: 'squash' }
const rowBytes = 4 * 4 * 3

async function pictures(count: number): Promise<Record<string, Uint8Array>> {
  const named = await Promise.all(
    Array.from(
      { length: count },
      async (_, at) => [`${at}.png`, await plainPng([at, 2 * at, 255 - at])] as const,
    ),
  )
  return Object.fromEntries(named)
}

async function rowsOf(
  pack: Awaited<ReturnType<typeof packImages>>['pack'],
  rows: number[],
): Promise<Uint8Array> {
  const into = new Uint8Array(rows.length * pack.header.rowBytes)
  await pack.gather(Int32Array.from(rows), into)
  return into
}

const packFiles = async (cache: string) => (await readdir(join(cache, 'packs'))).sort()

/** A disk that writes nothing and fails as told. */
const failing = (code: string, free = Number.MAX_SAFE_INTEGER): PackDisk => ({
  freeBytes: async () => free,
  open: async path => {
    const file = await open(path, 'wx')
    return {
      write: () => Promise.reject(Object.assign(new Error(`${code}: write`), { code })),
      sync: () => file.sync(),
      close: () => file.close(),
    }
  },
})

describe('packing pictures', () => {
  it('holds what decoding gives, row after row', async () => {
    const folder = await temporaryFolder()
    const files = await pictures(20)
    const table = await pictureTable(folder, files)
    const progress: number[] = []
    const { pack, index, bad } = await packImages(table, 'image', squash, folder, {
      progress: ({ done, total }) => progress.push(done / total),
    })
    expect(pack.header).toMatchObject({ rows: 20, shape: [4, 4, 3], dtype: 'u8', rowBytes })
    expect([...index]).toEqual(Array.from({ length: 20 }, (_, at) => at))
    expect(bad).toEqual([])
    expect(progress.at(-1)).toBe(1)
    for (const [row, bytes] of Object.values(files).entries()) {
      expect(Buffer.compare(await rowsOf(pack, [row]), await decodeImage(bytes, squash))).toBe(0)
    }
  })

  it('is reused, shared by tables with the same pictures, and keyed by size, mode and background', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(3))
    const cache = join(folder, 'cache')
    const key = async (options: DecodeOptions, of = table) =>
      (await packImages(of, 'image', options, cache)).pack.header.key
    const first = await key(squash)
    await rm(join(folder, '0.png'))
    expect(await key(squash)).toBe(first)
    const captioned = buildTable({
      fields: { ...table.schema.fields, n: { kind: 'int' } },
      columns: { ...table.columns, n: { kind: 'int', values: [1, 2, 3] } },
      ids: ['x', 'y', 'z'],
    })
    expect(await key(squash, captioned)).toBe(first)
    expect((await packFiles(cache)).length).toBe(2)
    await writeFile(join(folder, '0.png'), await plainPng([0, 0, 255]))
    const others = [
      await key({ size: 5, mode: 'squash' }),
      await key({ size: 4, mode: 'crop' }),
      await key({ ...squash, background: 'black' }),
      await key(squash, selectRows(table, [2, 1, 0])),
    ]
    expect(new Set([first, ...others]).size).toBe(5)
    expect(await key({ ...squash, background: 'white' })).toBe(first)
  })

  it('keeps each distinct picture once', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, {
      'a.png': await plainPng([1, 1, 1]),
      'b.png': await plainPng([2, 2, 2]),
      'c.png': await plainPng([1, 1, 1]),
    })
    const { pack, index } = await packImages(table, 'image', squash, folder)
    expect([pack.header.rows, ...index]).toEqual([2, 0, 1, 0])
  })

  it('leaves out what can’t be decoded, by id, also when it is opened again', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, {
      'a.png': await plainPng([1, 1, 1]),
      'cut.jpg': (await noisyJpeg(1)).subarray(0, 1500),
      'c.png': await plainPng([3, 3, 3]),
    })
    for (let time = 0; time < 2; time++) {
      const { pack, index, bad } = await packImages(table, 'image', squash, folder)
      expect([...index]).toEqual([0, -1, 1])
      expect(bad.map(row => row.where)).toEqual(['cut.jpg'])
      expect(bad[0]!.problem).toContain("can't be decoded: it is broken or was cut short")
      expect([...(await rowsOf(pack, [1])).subarray(0, 3)]).toEqual([3, 3, 3])
    }
  })

  it('stops where a picture is gone or has changed, and leaves nothing', async () => {
    const folder = await temporaryFolder()
    const cache = join(folder, 'cache')
    const table = await pictureTable(folder, await pictures(3))
    await writeFile(join(folder, '1.png'), await plainPng([9, 9, 9]))
    await expect(packImages(table, 'image', squash, cache)).rejects.toThrow(
      'has changed since the dataset was read',
    )
    await rm(join(folder, '1.png'))
    await expect(packImages(table, 'image', squash, cache)).rejects.toThrow(
      'was there when the dataset was read',
    )
    expect(await packFiles(cache)).toEqual([])
  })

  it('names the image columns there are', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(1))
    await expect(packImages(table, 'photo', squash, folder)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: There is no column "photo"; image columns here: image.]`,
    )
  })
})

describe('a damaged pack', () => {
  const damages: [string, (bin: string, json: string) => Promise<void>][] = [
    ['cut short', bin => truncate(bin, rowBytes + 1)],
    ['of whole rows too few', bin => truncate(bin, rowBytes)],
    [
      'a flipped bit',
      async bin =>
        writeFile(
          bin,
          (await readFile(bin)).map((byte, at) => (at === 7 ? byte ^ 1 : byte)),
        ),
    ],
    ['without its array', bin => rm(bin)],
    ['without its header', (_bin, json) => rm(json)],
    ['a broken header', (_bin, json) => writeFile(json, '{"format": "diptych-pack"')],
    [
      'another version',
      async (_bin, json) =>
        writeFile(json, (await readFile(json, 'utf8')).replace(/"version": \d+/, '"version": 999')),
    ],
  ]

  it.each(damages)('(%s) is made again', async (_name, damage) => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(4))
    const first = await packImages(table, 'image', squash, folder)
    const stem = join(folder, 'packs', first.pack.header.key)
    const before = await readFile(`${stem}.bin`)
    await damage(`${stem}.bin`, `${stem}.json`)
    const again = await packImages(table, 'image', squash, folder)
    expect(again.pack.header).toEqual(first.pack.header)
    expect(Buffer.compare(await readFile(`${stem}.bin`), before)).toBe(0)
    expect(Buffer.compare(await rowsOf(again.pack, [0, 1, 2, 3]), before)).toBe(0)
  })
})

describe('a full disk', () => {
  it('is seen before anything is written', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(2))
    const cache = join(folder, 'cache')
    const work = packImages(table, 'image', squash, cache, { disk: failing('EIO', 1000) })
    await expect(work).rejects.toThrow(/The disk is full: packing needs 0\.0 MiB .* Make room/)
    expect(await packFiles(cache)).toEqual([])
  })

  it.each(['ENOSPC', 'EDQUOT'])('while writing (%s) is a clear stop with nothing left behind', async code => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(2))
    const cache = join(folder, 'cache')
    const work = packImages(table, 'image', squash, cache, { disk: failing(code) })
    await expect(work).rejects.toBeInstanceOf(DataError)
    expect(await packFiles(cache)).toEqual([])
    expect((await packImages(table, 'image', squash, cache)).pack.header.rows).toBe(2)
  })

  it('is not what every failure is called', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(2))
    const work = packImages(table, 'image', squash, folder, { disk: failing('EIO') })
    await expect(work).rejects.toThrow('EIO: write')
    expect(await packFiles(folder)).toEqual([])
  })
})

describe('an end in the middle', () => {
  it('by abort leaves nothing', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(8))
    const stop = new AbortController()
    const work = packImages(table, 'image', squash, join(folder, 'cache'), {
      signal: stop.signal,
      progress: ({ done }) => done === 3 && stop.abort(new Error('stopped by hand')),
    })
    await expect(work).rejects.toThrow('stopped by hand')
    expect(await packFiles(join(folder, 'cache'))).toEqual([])
  })

  it('by SIGKILL is made good by the next run', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(100))
    const large: DecodeOptions = { size: 512, mode: 'squash' }
    const root = resolve(import.meta.dirname, '../..')
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'table.json'), JSON.stringify(table))
    const script = `
      import { readFileSync } from 'node:fs'
      import { packImages } from ${JSON.stringify(join(root, 'src/data/pack.ts'))}
      const table = JSON.parse(readFileSync('table.json', 'utf8'))
      await packImages(table, 'image', ${JSON.stringify(large)}, 'cache', {
        progress: ({ done }) => process.stdout.write(done + '\\n'),
      })`
    await build({
      stdin: { contents: script, resolveDir: folder },
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile: join(folder, 'packer.mjs'),
    })
    const child = spawn(process.execPath, ['packer.mjs'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    // Some ten rows are one chunk: by now the first is being written or has been.
    const done = 15
    for await (const text of child.stdout.setEncoding('utf8')) {
      if (
        String(text)
          .split('\n')
          .some(line => Number(line) >= done)
      )
        break
    }
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const cache = join(folder, 'cache')
    const left = await packFiles(cache)
    expect(left.map(name => name.replace(/^[0-9a-f]{64}\.bin\.\d+\.[0-9a-f]{8}\.tmp$/, 'temporary'))).toEqual(
      ['temporary'],
    )
    const { pack } = await packImages(table, 'image', large, cache)
    expect([...(await rowsOf(pack, [99])).subarray(0, 3)]).toEqual([99, 198, 156])
    const { key } = pack.header
    expect(left[0]).toContain(key)
    expect(await packFiles(cache)).toEqual([`${key}.bin`, `${key}.json`])
  })
})

describe('gathering rows', () => {
  it.each([
    ['from memory', {}],
    ['from the file', { memoryLimit: 0 }],
  ])('%s gives any rows in any order', async (_name, options) => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(100))
    const { pack } = await packImages(table, 'image', squash, folder, options)
    const whole = await readFile(join(folder, 'packs', `${pack.header.key}.bin`))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(99), { maxLength: 40 }), async rows => {
        const expected = Buffer.concat(rows.map(row => whole.subarray(row * rowBytes, (row + 1) * rowBytes)))
        expect(Buffer.compare(await rowsOf(pack, rows), expected)).toBe(0)
      }),
      { seed: 4, numRuns: 50 },
    )
    await expect(rowsOf(pack, [100])).rejects.toThrow('row 100 of a pack of 100 rows')
    await expect(rowsOf(pack, [-1])).rejects.toThrow('row -1')
    await expect(pack.gather(Int32Array.of(0, 1), new Uint8Array(rowBytes))).rejects.toThrow('into 48 bytes')
    await pack.close()
  })

  it('reads far apart rows of a large pack, and says when it was cut meanwhile', async () => {
    const folder = await temporaryFolder()
    const table = await pictureTable(folder, await pictures(12))
    // 108 KiB a row: some of these rows are read alone, neighbours together.
    const { pack } = await packImages(table, 'image', { size: 192, mode: 'squash' }, folder, {
      memoryLimit: 0,
    })
    const order = [11, 0, 1, 2, 7, 7, 5]
    const into = await rowsOf(pack, order)
    expect(order.map((_, at) => into[at * pack.header.rowBytes])).toEqual(order)
    await truncate(join(folder, 'packs', `${pack.header.key}.bin`), 4 * pack.header.rowBytes)
    await expect(rowsOf(pack, [9])).rejects.toThrow('was cut short while it was in use')
    await pack.close()
  })
})

describe('packing texts', () => {
  it('holds every variant of every row, framed and padded', async () => {
    const folder = await temporaryFolder()
    const texts = [
      ['a red heart', 'red heart'],
      ['the flag of Norway'],
      ['heart', 'a heart', 'a red flag of red hearts'],
    ]
    const tokenizer = await trainBpe(texts.flat(), { vocabSize: 300, lowercase: true })
    const packed = await packTokens(texts, tokenizer, 8, folder)
    expect([...packed.offsets]).toEqual([0, 2, 3, 6])
    const entries = Int32Array.of(5, 0, 2, 5)
    const ids = new Int32Array(4 * 8)
    const eot = new Int32Array(4)
    await packed.gather(entries, ids, eot)
    const expected = [...entries].map(entry => encodePadded(tokenizer, texts.flat()[entry]!, 8))
    expect([...ids]).toEqual(expected.flatMap(text => [...text.ids]))
    expect([...eot]).toEqual(expected.map(text => text.eot))
    const again = await packTokens(texts, tokenizer, 8, folder)
    expect(again.pack.header).toEqual(packed.pack.header)
    const longer = await packTokens(texts, tokenizer, 9, folder)
    expect(longer.pack.header.key).not.toBe(packed.pack.header.key)
    await expect(packed.gather(entries, ids, new Int32Array(3))).rejects.toThrow('3 ends')
  })
})
