import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { stateHash } from '../../src/engine/state-hash.ts'
import type { Event, RunOptions } from '../../src/protocol/messages.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { HeldRun } from './held.ts'
import { ended, LiveEngine, lossBits, sourceOf } from './live.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const scratch = fileScratch()
const { missing, path } = plugin()

beforeAll(async () => {
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
})

type Params = Parameters<typeof toyDocument>[0]

/** The toy's training alone, at a constant rate: 12 steps, a checkpoint at each fourth. */
function write(name: string, params: Params = {}): string {
  const document = toyDocument({ schedule: { kind: 'constant', warmup: 0 }, ...params })
  const { retrieval, zero_shot, ...nodes } = document.nodes
  const file = join(scratch, `${name}.json`)
  writeFileSync(file, JSON.stringify({ ...document, nodes }))
  return file
}

const metricsOf = (run: string) => readFileSync(join(run, 'metrics.train.jsonl'), 'utf8')
const at = (run: string, step: number) => join(run, 'checkpoints', 'train', `step-${step}`)
const hashAt = async (run: string, step: number) => stateHash(await readCheckpoint(at(run, step)))
const warnings = (events: readonly Event[]) =>
  events.filter(e => e.type === 'log' && e.level === 'warning').map(e => e.type === 'log' && e.message)

/** Runs a graph to its end. */
async function through(live: LiveEngine, file: string, options: Partial<RunOptions> = {}) {
  const { id, result } = live.run(sourceOf(file), options)
  const { run } = ended(await result)
  return { run, events: live.events(id), bits: lossBits(live.events(id)) }
}

const engines = [
  ['reference', ''],
  ['xla', missing],
] as const

for (const [engine, absent] of engines)
  describe.skipIf(absent !== '')(named(`forking a run, ${engine}`, absent), () => {
    it('without a change: the identical curve and the identical end, in a folder of its own', async () => {
      const live = new LiveEngine(join(scratch, `cache-same-${engine}`))
      const file = write('same')
      const parent = await through(live, file, { engine })
      const fork = await through(live, file, { engine, forkFrom: at(parent.run, 4) })
      expect(fork.run).not.toBe(parent.run)
      // The steps before are told as the other run's; the others have the same bits.
      expect(fork.bits).toEqual(parent.bits.slice(4))
      expect(metricsOf(fork.run)).toBe(metricsOf(parent.run))
      for (const step of [4, 8, 12]) expect(await hashAt(fork.run, step)).toBe(await hashAt(parent.run, step))
      expect(fork.events.find(e => e.type === 'train')).toMatchObject({
        firstStep: 4,
        fork: { run: parent.run, step: 4 },
      })
      const inherited = fork.events.flatMap(e => (e.type === 'inherited' ? e.steps : []))
      expect(lossBits(inherited)).toEqual(parent.bits.slice(0, 4))
      expect(JSON.parse(readFileSync(join(fork.run, 'fork.json'), 'utf8'))).toEqual({
        ...{ format: 'diptych-fork', version: 1, run: `../${basename(parent.run)}` },
        ...{ train: 'train', step: 4 },
      })
      expect(warnings(fork.events)).toEqual([])
    }, 240_000)

    it('with another learning rate: the same until there, and another curve from there', async () => {
      const live = new LiveEngine(join(scratch, `cache-rate-${engine}`))
      const parent = await through(live, write('rate'), { engine })
      const changed = write('rate-changed', { schedule: { kind: 'constant', warmup: 0, rate: 0.001 } })
      const fork = await through(live, changed, { engine, forkFrom: at(parent.run, 8) })
      // The loss of step 8 comes before its update.
      expect(fork.bits[0]).toBe(parent.bits[8])
      expect(fork.bits.slice(1)).not.toEqual(parent.bits.slice(9))
      expect(fork.bits).toHaveLength(4)
      // What the graph says alone is something else: it is neither taken for it nor from it.
      const plain = await through(live, changed, { engine, fresh: false })
      expect(plain.events).toContainEqual(expect.objectContaining({ node: 'train', state: 'done' }))
      expect(metricsOf(plain.run)).not.toBe(metricsOf(fork.run))
    }, 240_000)
  })

describe('a fork', () => {
  const begin = async (name: string, params: Params = {}) => {
    const live = new LiveEngine(join(scratch, `cache-${name}`))
    const file = write(name, params)
    return { live, file, parent: await through(live, file) }
  }

  it('is kept like the run that it equals', async () => {
    const { live, file, parent } = await begin('kept')
    await through(live, file, { forkFrom: at(parent.run, 8) })
    const plain = await through(live, file, { fresh: false })
    expect(plain.events).toContainEqual(expect.objectContaining({ node: 'train', state: 'cached' }))
    expect(metricsOf(plain.run)).toBe(metricsOf(parent.run))
  })

  it('can be stepped back to before its beginning, where nothing was changed', async () => {
    const { live, file, parent } = await begin('back')
    const run = live.run(sourceOf(file), { forkFrom: at(parent.run, 8), paused: true, snapshotBytes: 1e8 })
    const held = await HeldRun.begin(live, run.id)
    expect(await held.go('back', 4)).toMatchObject({ step: 4, reached: 8 })
    expect(await held.hash()).toBe(await hashAt(parent.run, 4))
    expect(await held.go('seek', 8)).toMatchObject({ step: 8 })
    expect(await held.hash()).toBe(await hashAt(parent.run, 8))
    await live.control(run.id, 'resume')
    const { run: folder } = ended(await run.result)
    expect(metricsOf(folder)).toBe(metricsOf(parent.run))
    expect(warnings(live.events(run.id))).toEqual([])
  })

  it('goes no further back than its beginning, where its graph is another', async () => {
    const { live, parent } = await begin('no-back')
    const changed = write('no-back-changed', { adamw: { weightDecay: 0 } })
    const run = live.run(sourceOf(changed), { forkFrom: at(parent.run, 8), paused: true, snapshotBytes: 1e8 })
    const held = await HeldRun.begin(live, run.id)
    await held.go('step', 2)
    expect(await held.go('back', 9)).toMatchObject({ step: 8, reached: 10 })
    expect(await held.hash()).toBe(await hashAt(parent.run, 8))
    await live.stop(run.id, 'cancel')
    await run.result
  })

  it('takes a step at which a run was held, and more steps than that run had', async () => {
    const live = new LiveEngine(join(scratch, 'cache-held'))
    const file = write('held')
    const run = live.run(sourceOf(file), { paused: true })
    const held = await HeldRun.begin(live, run.id)
    await held.go('step', 6)
    const hash = await held.hash()
    await live.control(run.id, 'commit')
    const { event } = await live.until(run.id, 'checkpoint', live.events(run.id).length)
    await live.stop(run.id, 'cancel')
    await run.result
    const longer = write('longer', { train: { steps: 16, checkpointEvery: 0 } })
    const fork = await through(live, longer, { forkFrom: event.path })
    expect(await hashAt(fork.run, 6)).toBe(hash)
    expect(fork.bits.map(bit => Number.parseInt(bit, 10))).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(metricsOf(fork.run).trim().split('\n')).toHaveLength(16)
  })

  it('of an edited run goes on with its edits, unless the graph now says otherwise', async () => {
    const live = new LiveEngine(join(scratch, 'cache-edited'))
    const file = write('edited')
    const run = live.run(sourceOf(file), { paused: true })
    const held = await HeldRun.begin(live, run.id)
    await held.go('step', 5)
    await live.edit(run.id, [{ node: 'schedule', param: 'rate', value: 0.001 }])
    await live.until(run.id, 'edited')
    await live.control(run.id, 'resume')
    const { run: folder } = ended(await run.result)
    const same = await through(live, file, { forkFrom: at(folder, 8) })
    expect(metricsOf(same.run)).toBe(metricsOf(folder))
    expect(await hashAt(same.run, 12)).toBe(await hashAt(folder, 12))
    expect(readFileSync(join(same.run, 'edits.train.json'), 'utf8')).toBe(
      readFileSync(join(folder, 'edits.train.json'), 'utf8'),
    )

    const other = write('edited-other', { schedule: { kind: 'constant', warmup: 0, rate: 0.002 } })
    const fork = await through(live, other, { forkFrom: at(folder, 8) })
    const rates = fork.events.flatMap(e => (e.type === 'step' ? [e['train/learning_rate']!] : []))
    expect(rates.map(Math.fround)).toEqual(Array(4).fill(Math.fround(0.002)))
    expect(readdirSync(fork.run)).not.toContain('edits.train.json')
  })

  it('resumes, and is forked in turn, with the curve of one that was never stopped', async () => {
    const { live, parent } = await begin('again')
    const changed = write('again-changed', { adamw: { weightDecay: 0.01 } })
    const whole = await through(live, changed, { forkFrom: at(parent.run, 4) })
    const run = live.run(sourceOf(changed), { forkFrom: at(parent.run, 4), paused: true })
    const held = await HeldRun.begin(live, run.id)
    await held.go('step', 3)
    await live.stop(run.id, 'checkpoint')
    const { run: folder, outcome } = ended(await run.result)
    expect(outcome).toBe('stopped')
    const { run: resumed } = await through(live, changed, { resumeFrom: folder, fresh: false })
    expect(resumed).toBe(folder)
    expect(metricsOf(folder)).toBe(metricsOf(whole.run))
    const second = await through(live, changed, { forkFrom: at(folder, 8) })
    expect(metricsOf(second.run)).toBe(metricsOf(whole.run))
    expect((await readCheckpoint(at(second.run, 12))).origin).toBe(
      (await readCheckpoint(at(whole.run, 12))).origin,
    )
  })

  it('leaves the run that it came from as it is', async () => {
    const { live, file, parent } = await begin('untouched')
    const look = () =>
      readdirSync(parent.run, { recursive: true, encoding: 'utf8' })
        .sort()
        .map(name => `${name} ${statSync(join(parent.run, name)).mtimeMs}`)
    const before = look()
    await through(live, file, { forkFrom: at(parent.run, 4) })
    expect(look()).toEqual(before)
  })

  it.each([
    ['another width', { vision: { width: 32 } }, 8, /the weight \S+ is f32\[\S+\] in this graph and f32\[/],
    [
      'another optimizer state',
      { train: { steps: 12, ema: 0.9 } },
      8,
      /the state ema\/\S+ is f32\S+ in this graph and not there/,
    ],
    [
      'fewer steps',
      { train: { steps: 6 } },
      8,
      /takes 6 steps, and the run is forked at step 8: raise its steps/,
    ],
  ] as const)('with %s is refused, and says why', async (name, params, step, why) => {
    const { live, parent } = await begin(`refused-${name.replaceAll(' ', '-')}`)
    const { result } = live.run(sourceOf(write('refused', params as Params)), {
      forkFrom: at(parent.run, step),
    })
    expect(await result).toMatchObject({ type: 'failed', message: expect.stringMatching(why) })
  })

  it('of what is no checkpoint, or of a Train that is not there, makes no run', async () => {
    const { live, file, parent } = await begin('nothing')
    const runs = () => readdirSync(join(scratch, '.diptych', 'runs')).length
    const before = runs()
    const ask = async (forkFrom: string, options: Partial<RunOptions> = {}, from = file) =>
      live.run(sourceOf(from), { forkFrom, ...options }).result
    expect(await ask(at(parent.run, 5))).toMatchObject({
      message: expect.stringContaining('not a checkpoint'),
    })
    expect(await ask(parent.run)).toMatchObject({ message: expect.stringContaining('not a checkpoint') })
    expect(await ask(at(parent.run, 4), { resumeFrom: parent.run })).toMatchObject({
      message: 'A run is either resumed or forked, not both.',
    })
    const text = readFileSync(file, 'utf8').replace('"train":{', '"training":{')
    const renamed = join(scratch, 'renamed.json')
    writeFileSync(renamed, text)
    expect(await ask(at(parent.run, 4), {}, renamed)).toMatchObject({
      message: expect.stringContaining('was made by the Train "train", which this graph does not have'),
    })
    expect(runs()).toBe(before)
  })
})
