import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { ended, LiveEngine, lossBits, sourceOf } from './live.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const { path, missing } = plugin()
const RUNS = 30

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe.skipIf(missing !== '')(named('many runs in one engine', missing), () => {
  beforeAll(async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    await makePictures(scratch)
  })

  it('give their memory back, and the same losses', async () => {
    const live = new LiveEngine(join(scratch, 'cache'))
    const graph = sourceOf(writeToy(scratch, { batch: { size: 24, imageSize: 64 }, vision: { width: 64 } }))
    const sizes: number[] = []
    let wanted: readonly string[] | undefined
    for (let i = 0; i < RUNS; i++) {
      const run = live.run(graph, { engine: 'xla', paused: i % 2 === 1 })
      if (i % 2 === 1) {
        await live.until(run.id, 'paused')
        await live.control(run.id, 'resume')
      }
      ended(await run.result)
      const losses = lossBits(live.events(run.id))
      wanted ??= losses
      expect(losses).toEqual(wanted)
      collect()
      sizes.push(process.memoryUsage().rss)
    }
    // The first runs fill pools and caches that stay; from then on it only goes up and down.
    const before = Math.max(...sizes.slice(5, 15))
    const after = Math.max(...sizes.slice(-5))
    expect(after, sizes.map(s => Math.round(s / 2 ** 20)).join(' ')).toBeLessThan(1.25 * before)
  }, 300_000)
})
