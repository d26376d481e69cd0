import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { HeldRun } from './held.ts'
import { ended, LiveEngine, lossBits, sourceOf, writeTraining } from './live.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const { missing, path } = plugin()
const cache = join(scratch, 'cache')

beforeAll(async () => {
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
  writeToy(scratch)
})

const linesOf = (folder: string) =>
  readFileSync(join(folder, 'metrics.train.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { step: number })

const engines = [
  ['reference', ''],
  ['xla', missing],
] as const

for (const [engine, absent] of engines)
  for (const [from, snapshotBytes] of [
    ['snapshots', 1e8],
    ['checkpoints and the start', 0],
  ] as const)
    describe.skipIf(absent !== '')(named(`stepping back by ${from}, ${engine}`, absent), () => {
      it('5 and forward 5 gives the identical state, and the run goes on as if never held', async () => {
        const live = new LiveEngine(cache)
        const graph = sourceOf(writeTraining(scratch, 'training.json'))
        const straight = live.run(graph, { engine })
        expect(ended(await straight.result).outcome).toBe('completed')
        const wanted = lossBits(live.events(straight.id))

        const run = live.run(graph, { engine, paused: true, snapshotBytes })
        const held = await HeldRun.begin(live, run.id)
        const hashes: string[] = [await held.hash()]
        for (let step = 1; step <= 9; step++) {
          expect(await held.go('step', 1)).toMatchObject({ step, reached: step })
          hashes.push(await held.hash())
        }
        expect(new Set(hashes).size).toBe(10)
        const before = live.events(run.id).filter(e => e.type === 'step').length

        expect(await held.go('back', 5)).toMatchObject({ step: 4, reached: 9 })
        expect(await held.hash()).toBe(hashes[4])
        for (let step = 5; step <= 9; step++) {
          expect(await held.go('step', 1)).toMatchObject({ step, reached: 9 })
          expect(await held.hash()).toBe(hashes[step])
        }
        expect(await held.go('back', 5)).toMatchObject({ step: 4 })
        expect(await held.go('step', 5)).toMatchObject({ step: 9 })
        expect(await held.hash()).toBe(hashes[9])
        // To every step, in any order, and no further back than the start.
        for (const step of [0, 8, 3, 3, 7, 1]) {
          expect(await held.go('seek', step)).toMatchObject({ step, reached: 9 })
          expect(await held.hash()).toBe(hashes[step])
        }
        expect(await held.go('back', 99)).toMatchObject({ step: 0 })
        expect(await held.hash()).toBe(hashes[0])
        // Steps that were told are not told again.
        expect(live.events(run.id).filter(e => e.type === 'step')).toHaveLength(before)

        await live.control(run.id, 'resume')
        const { run: folder } = ended(await run.result)
        const events = live.events(run.id)
        expect(lossBits(events)).toEqual(wanted)
        expect(linesOf(folder).map(l => l.step)).toEqual(Array.from({ length: 12 }, (_, i) => i))
        expect(events.filter(e => e.type === 'log' && e.level === 'warning')).toEqual([])
        expect(events.filter(e => e.type === 'checkpoint').map(e => e.step)).toEqual([4, 8, 12])
      }, 240_000)
    })

describe('a run that is taken back', () => {
  const begin = async (options = {}) => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(writeTraining(scratch, 'training.json')), {
      ...{ paused: true, snapshotBytes: 1e8 },
      ...options,
    })
    return { live, run, held: await HeldRun.begin(live, run.id) }
  }

  it('is held at the end of a Train, from where it can still go back', async () => {
    const { live, run, held } = await begin()
    expect(await held.go('step', 12)).toMatchObject({ node: 'train', step: 12 })
    const end = await held.hash()
    expect(await held.go('back', 3)).toMatchObject({ step: 9 })
    expect(await held.go('seek', 1000)).toMatchObject({ step: 12 })
    expect(await held.hash()).toBe(end)
    await live.control(run.id, 'resume')
    expect(ended(await run.result).outcome).toBe('completed')
  })

  it('goes back from where it will hold when told while it makes steps again', async () => {
    const { live, run, held } = await begin({ snapshotBytes: 0 })
    await held.go('step', 11)
    for (let i = 0; i < 4; i++) await live.control(run.id, 'back', 1)
    let at = await held.paused()
    // The first may have arrived before the others came.
    while (at.step !== 7) at = await held.paused()
    expect(at.reached).toBe(11)
    await live.stop(run.id, 'cancel')
    await run.result
  })

  it('holds where it goes back to, although it ran', async () => {
    const live = new LiveEngine(cache)
    const file = writeToy(scratch, { train: { steps: 400, checkpointEvery: 0 } }, 'long.json')
    const run = live.run(sourceOf(file), { snapshotBytes: 1e8 })
    await live.until(run.id, 'step')
    await live.control(run.id, 'seek', 2)
    const { event } = await live.until(run.id, 'paused')
    expect(event).toMatchObject({ step: 2 })
    expect(event.reached).toBeGreaterThanOrEqual(2)
    await live.stop(run.id, 'cancel')
    expect(ended(await run.result).outcome).toBe('cancelled')
  })

  it('commits a checkpoint of a held step when asked, and resumes from the newest', async () => {
    const { live, run, held } = await begin()
    await held.go('step', 10)
    await held.go('back', 4)
    await live.control(run.id, 'commit')
    const { event } = await live.until(run.id, 'checkpoint', live.events(run.id).length)
    expect(event.step).toBe(6)
    await live.stop(run.id, 'checkpoint')
    const { run: folder, outcome } = ended(await run.result)
    expect(outcome).toBe('stopped')
    expect(readdirSync(join(folder, 'checkpoints', 'train')).sort()).toEqual(['step-4', 'step-6', 'step-8'])
    const again = live.run(sourceOf(join(scratch, 'training.json')), { resumeFrom: folder })
    expect(ended(await again.result).outcome).toBe('completed')
    expect(linesOf(folder).map(l => l.step)).toEqual(Array.from({ length: 12 }, (_, i) => i))
  })

  it('tells where it holds although it was told to go while an errand was still done', async () => {
    const { live, run, held } = await begin()
    await held.go('step', 2)
    // Nobody waits for the checkpoint: the step is heard while it is being written.
    await live.control(run.id, 'commit')
    expect(await held.go('step', 1)).toMatchObject({ step: 3 })
    await live.control(run.id, 'commit')
    expect(await held.go('back', 1)).toMatchObject({ step: 2 })
    await live.stop(run.id, 'cancel')
    await run.result
  })

  it('says so where nothing can be gone back to', async () => {
    const live = new LiveEngine(cache)
    const run = live.run(sourceOf(writeToy(scratch)))
    await live.control(run.id, 'pause')
    expect((await live.until(run.id, 'paused')).event.node).toBe('schedule')
    await live.control(run.id, 'back', 1)
    const { event } = await live.until(run.id, 'log')
    expect(event).toMatchObject({ level: 'warning', message: expect.stringContaining('between two nodes') })
    await live.stop(run.id, 'cancel')
    await run.result
  })
})
