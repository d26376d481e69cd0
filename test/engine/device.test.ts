import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { ended, LiveEngine, sourceOf, writeTraining } from './live.ts'
import { fileScratch, makePictures } from './toy.ts'

const scratch = fileScratch()
const { path, missing } = plugin()

/** Native objects that live now, by kind. */
const alive = () => Object.entries(Library.load(path).ledger).filter(([, n]) => n !== 0)

describe.skipIf(missing !== '')(named('an engine at rest', missing), () => {
  beforeAll(async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    await makePictures(scratch)
  })

  it('holds nothing of the device, however its run ended', async () => {
    const live = new LiveEngine(join(scratch, 'cache'))
    const graph = sourceOf(writeTraining(scratch, 'training.json'))

    const whole = live.run(graph, { engine: 'xla' })
    await live.until(whole.id, 'step')
    expect(alive()).not.toEqual([])
    expect(ended(await whole.result).outcome).toBe('completed')
    expect(alive()).toEqual([])

    for (const how of ['checkpoint', 'cancel'] as const) {
      const held = live.run(graph, { engine: 'xla', paused: true })
      await live.until(held.id, 'paused')
      expect(alive()).not.toEqual([])
      await live.stop(held.id, how)
      await held.result
      expect(alive()).toEqual([])
    }
  }, 60_000)
})
