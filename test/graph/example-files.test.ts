import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { readSource } from '../../src/data/read/collect.ts'
import { parquetSource } from '../../src/data/read/parquet.ts'
import { webdatasetSource } from '../../src/data/read/webdataset.ts'
import { tokenizerFrom } from '../../src/data/tokenizer-file.ts'
import { firstTexts } from '../data/helpers.ts'
import { updating } from '../data/updating.ts'
import { COUNT, exampleFiles } from './example-files.ts'

const at = (name: string) => fileURLToPath(new URL(`../../graphs/examples/shapes/${name}`, import.meta.url))
const pixels = (png: Uint8Array) => sharp(png).raw().toBuffer()

test('graphs/examples/shapes is what the program makes (`npm run docs:scenes` makes it anew)', async () => {
  for (const [name, bytes] of await exampleFiles()) {
    if (updating()) {
      mkdirSync(dirname(at(name)), { recursive: true })
      writeFileSync(at(name), bytes)
    }
    const there = readFileSync(at(name))
    // What zlib makes of the same pixels may differ from machine to machine.
    if (name.endsWith('.png')) expect(await pixels(there), name).toEqual(await pixels(bytes))
    else if (!/\.(tar|parquet)$/.test(name)) expect(there.equals(Buffer.from(bytes)), name).toBe(true)
  }
})

test.each([
  ['shard.tar', webdatasetSource],
  ['rows.parquet', parquetSource],
] as const)('%s holds its rows', async (name, open) => {
  const table = await readSource(await open(at(name)), { kinds: {}, onBadRow: 'fail' })
  expect(table.rows).toBe(COUNT)
  expect(new Set(firstTexts(table, 'caption')).size).toBe(COUNT)
})

test('the tokenizer knows every word of the captions', () => {
  const tokenizer = tokenizerFrom(JSON.parse(readFileSync(at('tokenizer.json'), 'utf8')))
  const csv = readFileSync(at('records.csv'), 'utf8')
  expect(csv.trim().split('\n')).toHaveLength(COUNT + 1)
  const unknown = tokenizer.encode('zebra')
  for (const [, caption] of csv.matchAll(/"(.*)"/g)) {
    const ids = tokenizer.encode(caption!)
    expect(ids.length).toBeGreaterThan(2)
    expect(ids).not.toContain(unknown[0])
  }
})
