import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { failureOf, folderOf, type RanHere, type RunHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const { path, missing } = plugin()
beforeAll(async () => {
  vi.stubEnv('DIPTYCH_TFJS', 'wasm')
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
})

const STEPS = 20
const run = (engine: RunHere['engine'], more: Partial<RunHere> = {}) =>
  runHere(writeToy(scratch, { train: { steps: STEPS } }), {
    cache: join(scratch, 'cache'),
    engine,
    out: join(scratch, 'out'),
    ...more,
  })

/** Enough for a machine that does much else. */
const PATIENCE = 120_000

describe('a small CLIP on TensorFlow.js', () => {
  let here: RanHere
  beforeAll(async () => {
    here = await run('tfjs', { fresh: true })
  }, PATIENCE)

  const closeTo = async (engine: RunHere['engine']) => {
    const there = await run(engine, { fresh: true })
    expect(there.losses).toHaveLength(STEPS)
    expect(here.losses.map(([step]) => step)).toEqual(there.losses.map(([step]) => step))
    const apart = there.losses.map(([, loss], i) => Math.abs(loss - here.losses[i]![1]))
    expect(Math.max(...apart)).toBeLessThan(1e-4)
  }

  it('learns, and says what computes', () => {
    expect(here.losses.at(-1)![1]).toBeLessThan(here.losses[0]![1] - 0.05)
    expect(here.log).toBe(
      'TensorFlow.js 4.22.0 computes with WebAssembly with SIMD, on one core. "npm run setup:tfjs-node" sets up a faster one.',
    )
  })

  it(`has the losses of the reference over ${STEPS} steps`, () => closeTo('reference'), PATIENCE)

  it.skipIf(missing)(
    named(`has the losses of XLA over ${STEPS} steps`, missing),
    () => closeTo('xla'),
    PATIENCE,
  )

  it(
    'has the same losses to the last bit again',
    async () => {
      expect((await run('tfjs', { fresh: true })).losses).toEqual(here.losses)
    },
    PATIENCE,
  )

  it(
    'resumes to the losses of the run that was never stopped, to the last bit',
    async () => {
      const stopped = await run('tfjs', { fresh: true, stopAt: { train: 'train', step: 8 } })
      const resumed = await run('tfjs', { resumeFrom: folderOf(stopped) })
      expect(stopped.losses).toHaveLength(8)
      expect([...stopped.losses, ...resumed.losses]).toEqual(here.losses)
    },
    PATIENCE,
  )

  it('is refused by one line where the backend that is asked for is unknown', async () => {
    vi.stubEnv('DIPTYCH_TFJS', 'webgl')
    expect(failureOf(await run('tfjs'))).toContain(
      'DIPTYCH_TFJS is "webgl"; it can be node-gpu, node, wasm, cpu',
    )
    vi.stubEnv('DIPTYCH_TFJS', 'wasm')
  })
})
