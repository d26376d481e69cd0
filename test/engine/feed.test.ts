import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { openBackend } from '../../src/engine/backends.ts'
import type { DeviceContext } from '../../src/engine/context.ts'
import { freshArm, hostValuesFor } from '../../src/engine/fresh-arm.ts'
import { loadGraph } from '../../src/engine/load.ts'
import { registry } from '../../src/nodes/index.ts'
import { fileScratch, makePictures, ROWS, writeToy } from './toy.ts'

const scratch = fileScratch()
/** Two epochs of batches of 8, and a bit. */
const STEPS = (2 * ROWS) / 8 + 2
let toy = ''
beforeAll(async () => {
  await makePictures(scratch)
  toy = writeToy(scratch)
})

/** The bytes of these steps' batches, read with packs of their own; `order` is the order in which they are asked for. */
async function batches(cache: string, seed: number, order: readonly number[]): Promise<string[]> {
  const cacheDir = join(scratch, cache)
  const context: DeviceContext = {
    registry,
    cacheDir,
    codeHash: () => 'code',
    emit: () => {},
    signal: new AbortController().signal,
    stopping: () => undefined,
    gate: () => undefined,
    room: () => undefined,
    persistWith: () => {},
    backend: await openBackend('reference', { cacheDir, warn: () => {} }),
  }
  const source = { text: readFileSync(toy, 'utf8'), file: toy, overrides: [], seed }
  const loaded = await loadGraph(source, context)
  const train = loaded.graph.nodes.get('train')!
  const values = await hostValuesFor(loaded, train, context)
  const { stage } = await freshArm(loaded, train, values, 'train', context)
  const found: string[] = []
  for (const step of order) {
    const arrays = await stage.feed.batch(step, stage.step.batch)
    found[step] = arrays.map(a => Buffer.from(a.bytes).toString('base64')).join(' ')
  }
  await stage.feed.close()
  context.backend.close()
  return found
}

test('one seed gives the same batches, whoever reads them, when and in which order', async () => {
  const forwards = Array.from({ length: STEPS }, (_, step) => step)
  const first = await batches('one', 3, forwards)
  expect(new Set(first).size).toBe(STEPS)
  expect(await batches('one', 3, forwards)).toEqual(first)
  expect(await batches('two', 3, [...forwards].reverse())).toEqual(first)
  const other = await batches('one', 4, forwards)
  expect(other.filter((batch, i) => batch === first[i])).toEqual([])
})
