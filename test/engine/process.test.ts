import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { EngineProcess } from '../../src/host/engine-process.ts'
import type { Event } from '../../src/protocol/messages.ts'
import { named } from '../runtime/pjrt-kit.ts'
import { ended, sourceOf } from './live.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const entry = fileURLToPath(new URL('../../out/engine.mjs', import.meta.url))
const missing = existsSync(entry) ? '' : 'the engine is not built: node scripts/build.mjs'

function start(): EngineProcess {
  const engine = new EngineProcess({ entry, env: { ...process.env, DIPTYCH_CACHE: join(scratch, 'cache') } })
  onTestFinished(async () => {
    await engine.kill()
  })
  return engine
}

/** Resolves once an event fits. */
function watcher() {
  const events: Event[] = []
  let wake = () => {}
  return {
    events,
    take: (event: Event) => {
      events.push(event)
      wake()
    },
    until: async (fits: (e: Event) => boolean): Promise<Event> => {
      for (let at = 0; ; ) {
        for (; at < events.length; at++) if (fits(events[at]!)) return events[at]!
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
  }
}

describe.skipIf(missing !== '')(named('the engine process', missing), () => {
  beforeAll(async () => {
    await makePictures(scratch)
  })

  it('tells every step once, in order, with the very numbers of the metrics file', async () => {
    const engine = start()
    const { events, take } = watcher()
    const graph = sourceOf(writeToy(scratch, { train: { steps: 60, checkpointEvery: 7 } }, 'sixty.json'))
    const options = { engine: 'reference', fresh: true } as const
    const { run } = ended(await engine.request({ type: 'run', graph, options }, take).result)
    const told = events.flatMap(e => (e.type === 'step' ? [`${JSON.stringify(e)}\n`] : []))
    expect(told).toHaveLength(60)
    expect(told.join('')).toBe(readFileSync(join(run, 'metrics.train.jsonl'), 'utf8'))
    // A checkpoint stands where it was made.
    for (const [i, e] of events.entries())
      if (e.type === 'checkpoint') expect(events[i - 1]).toMatchObject({ type: 'step', step: e.step - 1 })
  })

  it('answers a pause within a step, checks while it holds, and commits when it is told to end', async () => {
    const engine = start()
    const { take, until } = watcher()
    const graph = sourceOf(
      writeToy(scratch, { train: { steps: 5000, checkpointEvery: 0 } }, 'very-long.json'),
    )
    const run = engine.request({ type: 'run', graph, options: { engine: 'reference', fresh: true } }, take)
    await until(e => e.type === 'step')
    const asked = performance.now()
    const answer = await engine.request({ type: 'control', run: run.id, action: 'pause' }).result
    expect(answer).toEqual({ type: 'controlled' })
    const paused = await until(e => e.type === 'paused')
    expect(performance.now() - asked).toBeLessThan(3000)
    const checked = await engine.request({ type: 'check', graph }).result
    expect(checked).toMatchObject({ type: 'checked', diagnostics: [] })
    const step = paused.type === 'paused' ? paused.step : undefined
    expect((await engine.shutdown(20_000)).kind).toBe('exited')
    const { outcome, run: folder } = ended(await run.result)
    expect(outcome).toBe('stopped')
    expect(existsSync(join(folder, 'checkpoints', 'train', `step-${step}`, 'state.json'))).toBe(true)
  })
})
