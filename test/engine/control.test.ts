import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { ended, LiveEngine, lossBits, sourceOf, writeTraining } from './live.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const file = join(scratch, 'toy.json')
const { missing, path } = plugin()
const cache = join(scratch, 'cache')

beforeAll(async () => {
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
  writeToy(scratch)
})

const stepsOf = (events: ReturnType<LiveEngine['events']>) =>
  events.flatMap(e => (e.type === 'step' ? [e.step] : []))

const engines = [
  ['reference', ''],
  ['xla', missing],
] as const

for (const [engine, absent] of engines)
  describe.skipIf(absent !== '')(named(`a held run, ${engine}`, absent), () => {
    it('has the losses of the run that was never held, to the last bit', async () => {
      const live = new LiveEngine(cache)
      const graph = sourceOf(writeTraining(scratch, 'training.json'))
      const straight = live.run(graph, { engine })
      expect(ended(await straight.result).outcome).toBe('completed')
      const wanted = lossBits(live.events(straight.id))
      expect(wanted).toHaveLength(12)

      const held = live.run(graph, { engine, paused: true })
      const first = await live.until(held.id, 'paused')
      expect(first.event).toEqual({ type: 'paused', node: 'train', step: 0, reached: 0, kept: [] })
      await live.control(held.id, 'step')
      const second = await live.until(held.id, 'paused', first.at + 1)
      expect(second.event.step).toBe(1)
      await live.control(held.id, 'step', 4)
      const third = await live.until(held.id, 'paused', second.at + 1)
      expect(third.event.step).toBe(5)
      await live.control(held.id, 'resume')
      expect(ended(await held.result).outcome).toBe('completed')
      const events = live.events(held.id)
      expect(lossBits(events)).toEqual(wanted)
      expect(events.filter(e => e.type === 'resumed')).toHaveLength(3)
    }, 60_000)
  })

describe('control', () => {
  it('answers at once, and holds at the next step', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(
      sourceOf(writeToy(scratch, { train: { steps: 400, checkpointEvery: 0 } }, 'long.json')),
    )
    await live.until(run.id, 'step')
    expect(await live.control(run.id, 'pause')).toEqual({ type: 'controlled' })
    const { event, at } = await live.until(run.id, 'paused')
    expect(event.node).toBe('train')
    // Held before this step: all before it are told, and on the disk.
    const before = live.events(run.id).slice(0, at)
    expect(stepsOf(before)).toEqual(Array.from({ length: event.step! }, (_, i) => i))
    const { event: begun } = await live.until(run.id, 'run')
    const lines = readFileSync(join(begun.folder, 'metrics.train.jsonl'), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(event.step!)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(live.events(run.id)).toHaveLength(at + 1)

    // A stop finds a held run; what it has is committed.
    await live.stop(run.id, 'checkpoint')
    expect(ended(await run.result).outcome).toBe('stopped')
    expect(live.events(run.id).at(-1)).toMatchObject({ type: 'checkpoint', step: event.step })
  })

  it('cancels a held run', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(file), { paused: true })
    await live.until(run.id, 'paused')
    await live.stop(run.id, 'cancel')
    expect(ended(await run.result).outcome).toBe('cancelled')
    expect(stepsOf(live.events(run.id))).toEqual([])
  })

  it('holds at a node where no step comes', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(file))
    await live.control(run.id, 'pause')
    const { event } = await live.until(run.id, 'paused')
    expect(event).toEqual({ type: 'paused', node: 'schedule' })
    // Steps are counted, nodes are not: it goes on through the nodes before the Train.
    await live.control(run.id, 'step', 2)
    const { event: later } = await live.until(run.id, 'paused', live.events(run.id).length)
    expect(later).toMatchObject({ type: 'paused', node: 'train', step: 2 })
    await live.control(run.id, 'resume')
    expect(ended(await run.result).outcome).toBe('completed')
  })

  it('holds a stepping run at the end of a Train, and again before the next node', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(file), { paused: true })
    const { at } = await live.until(run.id, 'paused')
    await live.control(run.id, 'step', 12)
    const end = await live.until(run.id, 'paused', at + 1)
    expect(end.event).toMatchObject({ type: 'paused', node: 'train', step: 12 })
    await live.control(run.id, 'step')
    const { event } = await live.until(run.id, 'paused', end.at + 1)
    expect(event).toEqual({ type: 'paused', node: 'retrieval' })
    await live.control(run.id, 'resume')
    await run.result
  })

  it('ignores a run that is over or was never there', async () => {
    const live = new LiveEngine(cache)
    expect(await live.control(99, 'pause')).toEqual({ type: 'controlled' })
  })
})

describe('what a run says of itself', () => {
  it('names its folder first, and why each node runs', async () => {
    const live = new LiveEngine(join(scratch, 'cache-why'))
    const out = join(scratch, 'why')
    const whys = async (options: Parameters<LiveEngine['run']>[1], params = {}) => {
      const run = live.run(sourceOf(writeToy(scratch, params, 'why.json')), { fresh: false, out, ...options })
      const { run: folder } = ended(await run.result)
      const events = live.events(run.id)
      expect(events[0]).toEqual({ type: 'run', folder })
      return Object.fromEntries(
        events.flatMap(e => (e.type === 'node' && e.state !== 'done' ? [[e.node, e.why ?? e.state]] : [])),
      )
    }
    expect(await whys({})).toMatchObject({ data: 'first run', train: 'first run', retrieval: 'first run' })
    expect(await whys({})).toMatchObject({
      data: 'cached',
      schedule: 'running',
      train: 'cached',
      retrieval: 'cached',
    })
    expect(await whys({}, { tokenizer: { vocabSize: 300 } })).toMatchObject({
      data: 'cached',
      tokenizer: 'its parameters changed',
      train: 'the model, objective, optimizer or schedule and the data or the tokenizer changed',
    })
    expect(await whys({}, { tokenizer: { vocabSize: 300 }, retrieval: { gallery: 3 } })).toMatchObject({
      train: 'cached',
      retrieval: 'its parameters changed',
    })
    expect(await whys({ fresh: true }, { tokenizer: { vocabSize: 300 } })).toMatchObject({
      train: 'asked to run again',
    })
  }, 60_000)
})
