import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { Report } from '../../src/graph/host.ts'
import { registry } from '../../src/nodes/index.ts'
import type { Event } from '../../src/protocol/messages.ts'
import { folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, type ToyDocument, toyDocument } from './toy.ts'

const machine = vi.hoisted(() => ({ name: 'one', others: 0 }))
vi.mock('../../src/engine/machine-load.ts', () => ({
  machineName: () => machine.name,
  watchLoad: () => () => ({ processors: 2, others: machine.others }),
}))

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const ROUNDS = 3

/** Two Trains of the toy, one of them with a deeper picture encoder in its stage, and their throughput where asked for. */
function twoTrains(timed: boolean, params: object = {}): string {
  const doc: ToyDocument = toyDocument({ train: { steps: 3 } })
  const train = doc.nodes.train!
  for (const id of ['retrieval', 'zero_shot']) delete doc.nodes[id]
  doc.nodes.deeper = {
    ...train,
    params: { ...train.params, overrides: [{ $node: 'vision', params: { depth: 5 } }] },
  }
  if (timed)
    doc.nodes.throughput = {
      type: 'evaluation.throughput',
      v: 1,
      params: { rounds: ROUNDS, steps: 2, warmUp: 1, ...params },
      in: { a: 'train.weights', b: 'deeper.weights' },
    }
  const file = join(scratch, `${timed ? 'timed' : 'plain'}.json`)
  writeFileSync(file, JSON.stringify(doc))
  return file
}

const reportOf = ({ result }: RanHere): Report => {
  if (result.type !== 'result') throw new Error(JSON.stringify(result))
  return result.reports.throughput!
}

let plain: RanHere
let timed: RanHere
beforeAll(async () => {
  await makePictures(scratch)
  plain = await runHere(twoTrains(false), { cache, fresh: true })
  timed = await runHere(twoTrains(true), { cache, fresh: true })
}, 60_000)

test('the steps of two Trains are timed in turn, each with its own overrides', () => {
  const { metrics, items } = reportOf(timed)
  expect(items!.ratio).toHaveLength(ROUNDS)
  expect(items!.ratio_with_data).toHaveLength(ROUNDS)
  // Five layers where the other has one; the toy's texts cost both alike.
  expect(metrics.ratio).toBeGreaterThan(1.3)
  expect(metrics.a_rows_per_second! / metrics.b_rows_per_second!).toBeGreaterThan(1.3)
  expect(metrics.a_ms_per_step).toBeGreaterThan(0)
  for (const name of ['a', 'b']) expect(metrics[`${name}_waiting_for_data`]).toBeLessThan(1)
})

test('what the timed steps make is thrown away: losses, metrics and checkpoints are those of a run without', () => {
  const steps = (ran: RanHere) => ran.events.filter(e => e.type === 'step')
  expect(steps(timed)).toEqual(steps(plain))
  for (const train of ['train', 'deeper'])
    for (const file of [
      `metrics.${train}.jsonl`,
      ...['weights', 'optimizer'].map(of => `checkpoints/${train}/step-3/${of}.safetensors`),
    ])
      expect(
        readFileSync(join(folderOf(timed), file)).equals(readFileSync(join(folderOf(plain), file))),
      ).toBe(true)
})

test('a report is kept for this machine, and measured again on another, on demand, or with other settings', async () => {
  const again = await runHere(twoTrains(true), { cache })
  expect(again.states).toEqual({ ...timed.states, ...again.states, train: 'cached', throughput: 'cached' })
  expect(reportOf(again)).toEqual(reportOf(timed))
  machine.name = 'two'
  const elsewhere = await runHere(twoTrains(true), { cache })
  expect(elsewhere.states).toMatchObject({ train: 'cached', throughput: 'done' })
  expect(elsewhere.events).toContainEqual(
    expect.objectContaining({ type: 'node', node: 'throughput', why: 'the machine changed' }),
  )
  const longer = await runHere(twoTrains(true, { rounds: 4 }), { cache })
  expect(longer.states).toMatchObject({ train: 'cached', throughput: 'done' })
  expect(reportOf(longer).items!.ratio).toHaveLength(4)
})

test('a report of a busy machine warns and is not kept', async () => {
  machine.others = 1.5
  const file = twoTrains(true, { rounds: 2 })
  const busy = await runHere(file, { cache })
  expect(reportOf(busy).warnings).toHaveLength(1)
  machine.others = 0
  const quiet = await runHere(file, { cache })
  expect(quiet.states).toMatchObject({ train: 'cached', throughput: 'done' })
  expect(reportOf(quiet).warnings).toBeUndefined()
  expect((await runHere(file, { cache })).states).toMatchObject({ throughput: 'cached' })
})

test('a stop is heard between two timed steps', async () => {
  machine.name = 'three'
  const file = twoTrains(true, { rounds: 1000, steps: 1 })
  const graph = { text: readFileSync(file, 'utf8'), file, overrides: [] }
  const isRound = (e: Event) => e.type === 'progress' && e.node === 'throughput' && e.done === 2
  const engine: Engine = new Engine({
    registry,
    cacheDir: cache,
    codeHash: () => 'code',
    send: m => {
      if (m.type === 'events' && m.events.some(isRound))
        void engine.handle({ id: 2, type: 'stop', run: 1, how: 'checkpoint' })
    },
  })
  const options = { engine: 'reference', fresh: false } as const
  const result = await engine.handle({ id: 1, type: 'run', graph, options })
  expect(result).toMatchObject({ type: 'result', outcome: 'stopped', reports: {} })
})
