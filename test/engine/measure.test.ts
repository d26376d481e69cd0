import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { GraphSource, MeasuredTrain, Result } from '../../src/protocol/messages.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { HeldRun } from './held.ts'
import { ended, LiveEngine, lossBits, sourceOf, writeTraining } from './live.ts'
import { fileScratch, makePictures } from './toy.ts'

const scratch = fileScratch()
const { path, missing } = plugin()
const cache = join(scratch, 'cache')

const measured = (result: Result): readonly MeasuredTrain[] => {
  if (result.type !== 'measured') throw new Error(`not measured: ${JSON.stringify(result)}`)
  return result.trains
}

describe.skipIf(missing !== '')(named('the memory of a Train, before its first step', missing), () => {
  let graph: GraphSource
  const measure = async (source = graph): Promise<MeasuredTrain> => {
    const live = new LiveEngine(cache)
    const { result } = live.ask({ type: 'measure', graph: source, options: { engine: 'xla' } })
    return measured(await result)[0]!
  }
  const having = (node: string, param: string, value: unknown): GraphSource => ({
    ...graph,
    overrides: [{ node, param, value }],
  })

  beforeAll(async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    await makePictures(scratch)
    const wide = sourceOf(writeTraining(scratch, 'training.json'))
    graph = { ...wide, text: wide.text.replace('"size":8', '"size":24') }
  })

  it("is the compiler's count, and the run that follows has its program from the cache", async () => {
    const { train, facts, fit, advice } = await measure()
    expect(train).toBe('train')
    expect(facts.memory!.totalBytes).toBeGreaterThan(facts.memory!.temporaryBytes)
    expect(fit!.neededBytes).toBe(facts.memory!.totalBytes)
    expect(advice).toEqual([])
    const live = new LiveEngine(cache)
    const run = live.run(graph, { engine: 'xla' })
    const { event } = await live.until(run.id, 'train')
    expect(event).toMatchObject({ fromCache: true, facts: { memory: facts.memory } })
    await live.stop(run.id, 'cancel')
    await run.result
    expect((await measure()).fromCache).toBe(true)
  }, 60_000)

  it('where it does not fit, says what would help, and that does', async () => {
    const { facts } = await measure()
    vi.stubEnv('DIPTYCH_MEMORY_LIMIT', String(Math.floor(0.75 * facts.memory!.totalBytes)))
    try {
      const { fit, advice } = await measure()
      expect(fit!.neededBytes).toBeGreaterThan(fit!.availableBytes)
      expect(fit!.there).toContain('DIPTYCH_MEMORY_LIMIT allows')
      expect(advice.map(a => `${a.node}.${a.param}`)).toEqual([
        'train.gradientCheckpointing',
        'train.accumulate',
        'train.precision',
        'batch.size',
      ])
      for (const { node, param, value } of advice.filter(a => a.param !== 'precision'))
        expect(
          (await measure(having(node, param, value))).facts.memory!.temporaryBytes,
          `${node}.${param} ${value}`,
        ).toBeLessThan(facts.memory!.temporaryBytes)
    } finally {
      vi.unstubAllEnvs()
      vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    }
  }, 120_000)
})

describe('beside a run', () => {
  beforeAll(() => makePictures(scratch))

  for (const engine of ['reference', 'xla'] as const)
    describe.skipIf(engine === 'xla' && missing !== '')(
      named(engine, engine === 'xla' ? missing : ''),
      () => {
        it('is answered while the run is held and between its steps, which changes none of its losses', async () => {
          if (engine === 'xla') vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
          const training = sourceOf(writeTraining(scratch, 'training.json'))
          const graph = {
            ...training,
            text: training.text.replace('"steps":12,"check', '"steps":100,"check'),
          }
          const other = { ...graph, text: graph.text.replace('"size":8', '"size":6') }
          const alone = new LiveEngine(cache)
          const run = alone.run(graph, { engine })
          await run.result
          const whole = lossBits(alone.events(run.id))
          expect(whole).toHaveLength(100)

          const live = new LiveEngine(cache)
          const beside = live.run(graph, { engine, paused: true })
          const held = await HeldRun.begin(live, beside.id)
          const ask = (of: GraphSource) =>
            live.ask({ type: 'measure', graph: of, options: { engine } }).result
          expect(measured(await ask(other))).toMatchObject([{ train: 'train', besideRun: true }])
          expect((await held.go('step', 2)).step).toBe(2)
          const hash = await held.hash()
          expect(measured(await ask(graph))).toMatchObject([{ train: 'train', besideRun: true }])
          expect(await held.hash()).toBe(hash)
          await live.control(beside.id, 'resume')
          await live.until(beside.id, 'resumed')
          expect(measured(await ask(other))).toMatchObject([{ train: 'train', besideRun: true }])
          expect(live.events(beside.id)).not.toContainEqual(
            expect.objectContaining({ type: 'step', step: 99 }),
          )
          ended(await beside.result)
          expect(lossBits(live.events(beside.id))).toEqual(whole)
          // Afterwards as before, on a device of its own.
          expect(measured(await ask(graph))[0]!.besideRun).toBeUndefined()
        }, 120_000)

        it('a question that the run ends before has its turn after it', async () => {
          const live = new LiveEngine(cache)
          const graph = sourceOf(writeTraining(scratch, 'training.json'))
          const run = live.run(
            { ...graph, text: graph.text.replace('"path":"pictures"', '"path":"gone"') },
            { engine },
          )
          const { result } = live.ask({ type: 'measure', graph, options: { engine } })
          expect((await run.result).type).toBe('failed')
          expect(measured(await result)[0]!.besideRun).toBeUndefined()
        }, 120_000)
      },
    )
})

describe('what can’t be measured', () => {
  beforeAll(() => makePictures(scratch))

  it('an engine that does not count says nothing of memory', async () => {
    const live = new LiveEngine(cache)
    const graph = sourceOf(writeTraining(scratch, 'training.json'))
    const { result } = live.ask({ type: 'measure', graph, options: { engine: 'reference' } })
    const [train] = measured(await result)
    expect(train).toMatchObject({ train: 'train', advice: [] })
    expect(train!.facts.memory).toBeUndefined()
    expect(train!.fit).toBeUndefined()
  })

  it('a Train that is not there is named', async () => {
    const live = new LiveEngine(cache)
    const graph = sourceOf(writeTraining(scratch, 'training.json'))
    const { result } = live.ask({ type: 'measure', graph, train: 'tune', options: { engine: 'reference' } })
    expect(await result).toMatchObject({
      type: 'failed',
      message: 'there is no Train "tune"; there is: train',
    })
  })
})
