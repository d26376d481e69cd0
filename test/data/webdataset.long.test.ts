import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { readSource } from '../../src/data/read/collect.ts'
import { webdatasetSource } from '../../src/data/read/webdataset.ts'
import { plainPng, temporaryFolder } from './helpers.ts'
import { tarHeader } from './tar-kit.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const SAMPLES = 4000
/** Of the padding that makes each sample half a megabyte, so that all are 2 GB. */
const PADDING = 512 * 1024

/** Writes one member; `hole` bytes are never written, so that the file takes no place on the disk. */
async function member(
  file: FileHandle,
  at: number,
  name: string,
  data: Uint8Array,
  hole = 0,
): Promise<number> {
  const size = data.length + hole
  await file.write(Buffer.concat([tarHeader(name, size), data]), 0, undefined, at)
  return at + 512 + Math.ceil(size / 512) * 512
}

test('a tar of 2 GB is streamed in constant memory, and every row is there', async () => {
  const path = join(await temporaryFolder(), 'large.tar')
  const file = await open(path, 'w')
  const pictures = await Promise.all([0, 1, 2, 3].map(i => plainPng([i * 60, 9, 9], 64, 64)))
  let at = 0
  for (let i = 0; i < SAMPLES; i++) {
    at = await member(file, at, `${i}.png`, pictures[i % 4]!)
    at = await member(file, at, `${i}.txt`, Buffer.from(`number ${i}`))
    // A file that no column is made of: an embedding, say.
    at = await member(file, at, `${i}.npy`, new Uint8Array(), PADDING)
  }
  await file.truncate(at + 1024)
  await file.close()
  expect(at).toBeGreaterThan(2 * 10 ** 9)

  collect()
  const before = process.memoryUsage().rss
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 5)
  const started = performance.now()
  const table = await readSource(webdatasetSource(path), { kinds: {}, onBadRow: 'fail' })
  clearInterval(timer)
  const seconds = (performance.now() - started) / 1000
  console.log(
    `${SAMPLES} rows, ${(at / 1e9).toFixed(2)} GB in ${seconds.toFixed(1)} s, ${Math.round((peak - before) / 2 ** 20)} MiB more at the peak`,
  )
  expect(table).toMatchObject({ rows: SAMPLES, bad: [] })
  expect(peak - before).toBeLessThan(150 * 2 ** 20)
}, 300_000)

test('pictures of 2 GB are read one after another, never all at once', async () => {
  const path = join(await temporaryFolder(), 'pictures.tar')
  const file = await open(path, 'w')
  const picture = await plainPng([1, 2, 3], 64, 64)
  let at = 0
  // What follows a PNG's end mark is no part of it, so zeros make it large.
  for (let i = 0; i < 128; i++) {
    at = await member(file, at, `${i}.png`, picture, 16 * 2 ** 20)
    at = await member(file, at, `${i}.txt`, Buffer.from(`number ${i}`))
  }
  await file.truncate(at + 1024)
  await file.close()
  expect(at).toBeGreaterThan(2 * 10 ** 9)
  collect()
  const before = process.memoryUsage().rss
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 5)
  const table = await readSource(webdatasetSource(path), { kinds: {}, onBadRow: 'fail' })
  clearInterval(timer)
  console.log(`${Math.round((peak - before) / 2 ** 20)} MiB more at the peak, 4 pictures of 16 MiB at once`)
  expect(table).toMatchObject({ rows: 128, bad: [] })
  expect(peak - before).toBeLessThan(512 * 2 ** 20)
}, 300_000)
