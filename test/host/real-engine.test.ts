import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { fileScratch, makePictures, toyDocument, writeToy } from '../engine/toy.ts'
import { named } from '../runtime/pjrt-kit.ts'
import { eventually, isRunning, startHost, type TestWindow } from './kit.ts'

const scratch = fileScratch()
const engineEntry = fileURLToPath(new URL('../../out/engine.mjs', import.meta.url))
const missing = existsSync(engineEntry) ? '' : 'the engine is not built: node scripts/build.mjs'

const lossesOf = (window: TestWindow, run: string): number[] => {
  const losses: number[] = []
  for (const e of window.runEvents(run)) if (e.type === 'step') losses[e.step] = e['train/loss'] as number
  return losses
}

describe.skipIf(missing !== '')(named('the workbench over the real engine', missing), () => {
  beforeAll(() => makePictures(scratch))

  test('reads schemas, trains, is killed, goes on, and shows pictures: the losses are those of one run', async () => {
    const host = await startHost({ engineEntry, cacheFolder: join(scratch, 'cache') })
    const window = await host.window()
    const path = writeToy(scratch, { train: { steps: 120, checkpointEvery: 10 } })
    const { id, text } = await window.open(path)
    expect(await window.ask('schemas.read', { document: id, text })).toMatchObject({
      schemas: { 'data.dataset': { state: 'known', schema: { fields: { image: { kind: 'image' } } } } },
    })
    const gone = JSON.stringify(toyDocument({ data: { path: 'nowhere' } }))
    expect(await window.ask('schemas.read', { document: id, text: gone })).toMatchObject({
      schemas: { 'data.dataset': { state: 'failed', message: expect.stringContaining('nowhere') } },
    })

    const start = async () => {
      const options = { engine: 'reference', fresh: true } as const
      const run = await window.ask('run.enqueue', { document: id, text, options })
      await window.ask('run.follow', { run: run.id, from: 0 })
      return run.id
    }
    const killed = await start()
    await eventually(() => lossesOf(window, killed).length > 25, 'steps', 60_000)
    const pid = host.workbench.engine.pid!
    process.kill(pid, 'SIGKILL')
    await window.untilRun(killed, 'interrupted')
    expect(window.events('engine.state').at(-1)).toMatchObject({ state: 'crashed' })
    expect(window.run(killed)).toMatchObject({ resumable: true })
    await window.ask('run.continue', { run: killed })
    await eventually(() => window.run(killed)?.state === 'completed', 'completed', 60_000)

    const whole = await start()
    await eventually(() => window.run(whole)?.state === 'completed', 'completed', 60_000)
    await eventually(() => window.runEvents(whole).at(-1)?.type === 'report')
    expect(lossesOf(window, whole)).toHaveLength(120)
    expect(lossesOf(window, killed)).toEqual(lossesOf(window, whole))
    // The very numbers of the metrics file.
    const metrics = readFileSync(join(window.run(whole)!.folder!, 'metrics.train.jsonl'), 'utf8')
    const logged = metrics.trimEnd().split('\n')
    expect(logged.map(line => JSON.parse(line)['train/loss'])).toEqual(lossesOf(window, whole))

    const { reports } = await window.ask('run.follow', { run: whole, from: 0 })
    const picture = reports.retrieval?.galleries?.[0]?.items[0]?.picture
    const { bytes } = await window.askBytes('picture.read', { run: whole, name: picture! })
    expect(Buffer.from(bytes!).subarray(8, 12).toString()).toBe('WEBP')

    const bundle = join(scratch, 'toy.dpt')
    expect(await window.ask('bundle.write', { run: whole, path: bundle })).toMatchObject({ path: bundle })
    const opened = await window.open(bundle)
    expect(opened).toMatchObject({ path: null, bundle: { verified: false, run: { state: 'completed' } } })
    const theirs = opened.bundle!.run.id
    await window.ask('run.follow', { run: theirs, from: 0 })
    await eventually(() => window.runEvents(theirs).length === opened.bundle!.run.events)
    expect((await window.askBytes('picture.read', { run: theirs, name: picture! })).bytes).toEqual(bytes)

    const last = host.workbench.engine.pid!
    await host.workbench.close()
    expect(isRunning(last)).toBe(false)
  }, 180_000)
})
