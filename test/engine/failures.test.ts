import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { arm } from './faulty-disk.ts'
import { checkpointOf, failureOf } from './run-kit.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

vi.mock('node:fs/promises', async importOriginal => {
  const { faultyFs } = await import('./faulty-disk.ts')
  return faultyFs(await importOriginal())
})

const { runHere } = await import('./run-kit.ts')
const { readCheckpoint } = await import('../../src/engine/checkpoint.ts')

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const params = { train: { steps: 36, checkpointEvery: 8 } }
let graph = ''

const runs = () =>
  readdirSync(join(scratch, '.diptych', 'runs')).map(n => join(scratch, '.diptych', 'runs', n))

beforeAll(async () => {
  await makePictures(scratch)
  graph = writeToy(scratch, params)
})
afterEach(() => arm('ENOSPC', undefined))

test('a loss that is not a number ends the run by its name, and keeps what was committed', async () => {
  const set = [
    { node: 'schedule', param: 'rate', value: 10 },
    { node: 'schedule', param: 'kind', value: 'constant' },
    { node: 'adamw', param: 'weightDecay', value: 10 },
  ]
  const ran = await runHere(graph, { cache, set })
  expect(failureOf(ran)).toMatch(
    /^train\/(loss|grad_norm) became (NaN|-?Infinity) at step \d+ of "train"\. The first value that is not finite .* is mul of "train" in the update: .* lower learning rate, a longer warm-up.* Earlier checkpoints are in .*checkpoints/,
  )
  expect(ran.result).toMatchObject({ node: 'train' })
  const committed = ran.events.flatMap(e => (e.type === 'checkpoint' ? [e.path] : []))
  expect(committed.length).toBeGreaterThan(0)
  for (const path of committed) await readCheckpoint(path)
  expect(ran.losses.every(([, loss]) => Number.isFinite(loss))).toBe(true)
})

describe('a full disk is a clear stop, and what was committed stays whole', () => {
  test.each([
    ['no room for a checkpoint', /checkpoints/, 250],
    // Metrics are written as time goes by, so this may come before the first checkpoint.
    ['no room for metrics', /metrics\.train/, 4],
  ])('%s', async (what, where, at) => {
    const before = runs()
    arm('ENOSPC', at, where)
    const ran = await runHere(graph, { cache, fresh: true })
    arm('ENOSPC', undefined)
    expect(failureOf(ran)).toMatch(new RegExp(`^The disk is full: ${what} in .*free some space and resume`))
    expect(ran.result).toMatchObject({ node: 'train' })
    const [run] = runs().filter(r => !before.includes(r))
    const folder = join(run!, 'checkpoints', 'train')
    const names = existsSync(folder) ? readdirSync(folder).filter(n => !n.startsWith('.')) : []
    if (where.test(folder)) expect(names.length).toBeGreaterThan(0)
    for (const name of names) await readCheckpoint(join(run!, 'checkpoints', 'train', name))
    const rest = await runHere(graph, { cache, resumeFrom: run! })
    expect(rest.result).toMatchObject({ outcome: 'completed' })
    const steps = readFileSync(join(run!, 'metrics.train.jsonl'), 'utf8').trim().split('\n')
    expect(steps.map(line => JSON.parse(line).step)).toEqual(Array.from({ length: 36 }, (_, i) => i))
    expect((await readCheckpoint(checkpointOf(run!, 36))).step).toBe(36)
  })

  test('in the cache, it is only a warning', async () => {
    const own = join(scratch, 'own-cache')
    arm('ENOSPC', 0, /own-cache\/(train|nodes|reports)/)
    const ran = await runHere(graph, { cache: own, set: [{ node: 'train', param: 'steps', value: 2 }] })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    expect(ran.log).toContain('could not be kept in the cache: ENOSPC')
  })

  test('while packing, it names what it was for', async () => {
    arm('ENOSPC', 0, /full-cache\/packs/)
    const ran = await runHere(graph, { cache: join(scratch, 'full-cache') })
    expect(failureOf(ran)).toMatch(/^The disk is full. Free some space and go on \(ENOSPC/)
    expect(failureOf(ran)).not.toContain('unexpected')
  })
})

describe('what a person gets wrong is said by name', () => {
  test.each<[string, string, string, unknown, RegExp]>([
    ['a batch larger than the data', 'batch', 'size', 25, /25.*24|24 rows.*25/],
    ['a folder that is not there', 'data', 'path', 'nowhere', /no folder .*nowhere/],
    ['a vocabulary that no text fills', 'tokenizer', 'vocabSize', 259, /vocabSize|260/],
    ['a class that the data lacks', 'zero_shot', 'label', 'kind', /"kind"/],
    ['a negative size', 'batch', 'size', -1, /size|1/],
  ])('%s', async (_, node, param, value, why) => {
    const ran = await runHere(graph, { cache, set: [{ node, param, value }] })
    expect(failureOf(ran)).toMatch(why)
    expect(failureOf(ran)).not.toMatch(/unexpected|undefined|\n\s+at /)
  })
})
