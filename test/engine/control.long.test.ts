import { join } from 'node:path'
import { beforeAll, expect, it, vi } from 'vitest'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { ended, LiveEngine, lossBits, sourceOf } from './live.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const file = join(scratch, 'toy.json')
const { path, missing } = plugin()
const SEEDS = 40

beforeAll(async () => {
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
  writeToy(scratch, { train: { steps: 24, checkpointEvery: 5 } })
})

/** A small generator (mulberry32), so that a failing seed can be run again. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return sides => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % sides
  }
}

let wanted: string[] | undefined

it.skipIf(missing !== '').each(Array.from({ length: SEEDS }, (_, i) => i))(
  named('a run that is held, stepped and stopped at random is the same run: seed %i', missing),
  async seed => {
    const roll = dice(seed)
    const live = new LiveEngine(join(scratch, 'cache'))
    if (!wanted) {
      const straight = live.run(sourceOf(file), { engine: 'xla' })
      await straight.result
      wanted = lossBits(live.events(straight.id))
    }
    const losses = new Map<number, string>()
    let resumeFrom: string | undefined
    for (let part = 0; part < 8; part++) {
      const run = live.run(sourceOf(file), { engine: 'xla', paused: roll(2) === 0, resumeFrom })
      let over = false
      const result = run.result.finally(() => {
        over = true
      })
      const last = part === 7
      for (let act = 0; !over && act < 12; act++) {
        await Promise.race([result, new Promise(resolve => setTimeout(resolve, roll(30)))])
        const what = roll(last ? 3 : 5)
        if (what === 0) await live.control(run.id, 'pause')
        else if (what === 1) await live.control(run.id, 'step', 1 + roll(4))
        else if (what === 2) await live.control(run.id, 'resume')
        else if (what === 3) await live.stop(run.id, 'checkpoint')
      }
      await live.control(run.id, 'resume')
      const { outcome, run: folder } = ended(await result)
      for (const loss of lossBits(live.events(run.id))) {
        const step = Number(loss.split(':')[0])
        expect(losses.get(step) ?? loss).toBe(loss)
        losses.set(step, loss)
      }
      if (outcome === 'completed') break
      resumeFrom = folder
    }
    expect([...losses.keys()].sort((a, b) => a - b).map(step => losses.get(step))).toEqual(wanted)
  },
  120_000,
)
