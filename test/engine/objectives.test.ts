import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { summarizeMetrics } from '../../src/host/reduce-metrics.ts'
import { checkpointOf, failureOf, folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const STEPS = 6

beforeAll(() => makePictures(scratch))

/** The toy with a second loss, on the texts alone. */
function write(name: string, train: Readonly<Record<string, unknown>>, node: object = {}): string {
  const doc = toyDocument({ batch: { brightness: 0.3 } })
  doc.nodes.near = {
    type: 'objective.meanSquaredError',
    v: 1,
    in: { prediction: 'text_projection.output', target: 'image_projection.output' },
  }
  const params = { steps: STEPS, checkpointEvery: 1, ...train }
  const wires = { ...doc.nodes.train!.in, loss: ['loss.loss', 'near.loss'] }
  doc.nodes.train = { ...doc.nodes.train!, v: 2 as never, params, in: wires, ...node }
  for (const id of ['retrieval', 'zero_shot']) delete doc.nodes[id]
  const file = join(scratch, name)
  writeFileSync(file, JSON.stringify(doc))
  return file
}

const alternating = (every: number, start = 1) => ({
  objectives: [{ trainable: 'vision*' }, { trainable: 'text*', every, start }],
})
const saved = (ran: RanHere, step: number) => readCheckpoint(checkpointOf(folderOf(ran), step))
const metricsOf = (ran: RanHere) => join(folderOf(ran), 'metrics.train.jsonl')

describe('a Train whose second objective acts on every other step', () => {
  const graph = () => write('two.json', { ...alternating(2), ema: 0.9 })

  test('logs the losses of those that acted, and changes what they train', async () => {
    const ran = await runHere(graph(), { cache })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    const lines = readFileSync(metricsOf(ran), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(l => ['train/loss/loss' in l, 'train/loss/near' in l])).toEqual(
      Array.from({ length: STEPS }, (_, t) => [true, t % 2 === 1]),
    )
    const weights = await Promise.all([1, 2, 3].map(async step => (await saved(ran, step)).weights))
    const name = [...weights[0]!.keys()].find(n => n.startsWith('text/'))!
    expect(weights[1]!.get(name)).not.toEqual(weights[0]!.get(name))
    expect(weights[2]!.get(name)).toEqual(weights[1]!.get(name))
    // What a bundle keeps of the first steps is there for such a stage too.
    const { first } = await summarizeMetrics(metricsOf(ran))
    expect(first.map(f => f.step)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('goes on bit for bit where it was stopped, between either kind of step', async () => {
    const whole = await runHere(graph(), { cache, fresh: true })
    const want = await saved(whole, STEPS)
    for (const step of [3, 4]) {
      const stopped = await runHere(graph(), { cache, fresh: true, stopAt: { train: 'train', step } })
      const rest = await runHere(graph(), { cache, resumeFrom: folderOf(stopped) })
      const got = await saved(rest, STEPS)
      expect(got.weights).toEqual(want.weights)
      expect(got.optimizer).toEqual(want.optimizer)
    }
  })

  test('is another stage when only the steps change on which it acts', async () => {
    const run = (every: number, start: number) =>
      runHere(write('periods.json', alternating(every, start)), { cache })
    await run(2, 1)
    expect((await run(2, 1)).states.train).toBe('cached')
    // The same two programs, in another order.
    expect((await run(3, 1)).states.train).toBe('done')
    expect((await run(2, 3)).states.train).toBe('done')
  })

  test('says in a resumed run that its objectives changed', async () => {
    const file = write('changed.json', alternating(2))
    const stopped = await runHere(file, { cache, fresh: true, stopAt: { train: 'train', step: 2 } })
    write('changed.json', alternating(3))
    expect(failureOf(await runHere(file, { cache, resumeFrom: folderOf(stopped) }))).toContain(
      'the model, objective, optimizer or schedule changed',
    )
  })
})

test('overrides change a stage’s batches, and what it trains', async () => {
  const overrides = [
    { $node: 'batch', params: { size: 4, brightness: 0 } },
    { $node: 'vision', params: { trainable: false } },
  ]
  const objectives = [{ trainable: 'image_projection*' }, { trainable: 'text*' }]
  const ran = await runHere(write('override.json', { objectives, overrides }), { cache })
  expect(ran.result).toMatchObject({ outcome: 'completed' })
  const weights = await Promise.all([1, STEPS].map(async step => (await saved(ran, step)).weights))
  for (const [name, value] of weights[0]!)
    if (name.startsWith('vision/')) expect(weights[1]!.get(name)).toEqual(value)
})

test('a Train of version 1 still names its patterns in a list', async () => {
  const file = write('old.json', { trainable: ['vision*', 'text*'] }, { v: 1 })
  const ran = await runHere(file, { cache })
  expect(ran.result).toMatchObject({ outcome: 'completed' })
  const again = write('same.json', { objectives: [{ trainable: 'vision*' }, { trainable: 'text*' }] })
  expect((await runHere(again, { cache })).states.train).toBe('cached')
})
