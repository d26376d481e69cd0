import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/protocol/messages.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { HeldRun } from './held.ts'
import { ended, LiveEngine, lossBits, sourceOf } from './live.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const scratch = fileScratch()
const { missing, path } = plugin()
const cache = join(scratch, 'cache')

beforeAll(async () => {
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
})

/** The toy's training with a weighted loss, the learning rate from a schedule. */
function write(name: string, params: Parameters<typeof toyDocument>[0] = {}): string {
  const { retrieval, zero_shot, ...nodes } = toyDocument(params).nodes
  const file = join(scratch, name)
  const weighted = {
    type: 'objective.weightedSum',
    v: 1,
    params: { weights: [1] },
    in: { losses: ['loss.loss'] },
  }
  const train = { ...nodes.train!, in: { ...nodes.train!.in, loss: ['weighted.loss'] } }
  writeFileSync(file, JSON.stringify({ ...toyDocument(), nodes: { ...nodes, weighted, train } }))
  return file
}

const rateOf = (events: readonly Event[]) =>
  events.flatMap(e => (e.type === 'step' ? [Math.fround(e['train/learning_rate']!)] : []))

const engines = [
  ['reference', ''],
  ['xla', missing],
] as const

for (const [engine, absent] of engines)
  describe.skipIf(absent !== '')(named(`editing while it trains, ${engine}`, absent), () => {
    it('takes effect at the step, leaves the bits before it, and is as if its graph had been that from there', async () => {
      const live = new LiveEngine(cache)
      const graph = sourceOf(write('edit.json', { schedule: { kind: 'constant', warmup: 0 } }))
      const straight = live.run(graph, { engine })
      await straight.result
      const wanted = lossBits(live.events(straight.id))

      const run = live.run(graph, { engine, paused: true, snapshotBytes: 1e8 })
      const held = await HeldRun.begin(live, run.id)
      await held.go('step', 5)
      await live.edit(run.id, [{ node: 'schedule', param: 'rate', value: 0.001 }])
      const { event: edited } = await live.until(run.id, 'edited')
      expect(edited).toEqual({
        ...{ type: 'edited', node: 'train', step: 5 },
        changes: [{ node: 'schedule', param: 'rate', before: 0.003, value: 0.001 }],
      })
      await held.go('step', 4)
      const nine = await held.hash()
      // Back over the edit and forward again: both programs, the same state.
      await held.go('back', 7)
      expect(await held.go('seek', 9)).toMatchObject({ step: 9, reached: 9 })
      expect(await held.hash()).toBe(nine)
      await live.control(run.id, 'resume')
      const { run: folder } = ended(await run.result)
      const events = live.events(run.id)
      const bits = lossBits(events)
      // The loss of step 5 comes before its update, so step 6 is the first with another.
      expect(bits.slice(0, 6)).toEqual(wanted.slice(0, 6))
      expect(bits.slice(6)).not.toEqual(wanted.slice(6))
      expect(bits).toHaveLength(12)
      expect(rateOf(events)).toEqual([
        ...Array(5).fill(Math.fround(0.003)),
        ...Array(7).fill(Math.fround(0.001)),
      ])
      expect(JSON.parse(readFileSync(join(folder, 'edits.train.json'), 'utf8'))).toEqual([
        { step: 5, node: 'schedule', param: 'rate', value: 0.001 },
      ])
      expect(events.filter(e => e.type === 'log' && e.level === 'warning')).toEqual([])
    }, 240_000)
  })

describe('an edited run', () => {
  const begin = async (name: string, options = {}) => {
    const live = new LiveEngine(join(scratch, `cache-${name}`))
    const graph = sourceOf(write(`${name}.json`, { schedule: { kind: 'constant', warmup: 0 } }))
    const run = live.run(graph, { paused: true, snapshotBytes: 1e8, ...options })
    return { live, graph, run, held: await HeldRun.begin(live, run.id) }
  }

  it('resumes with its edits, is kept under its own key, and never stands for the unedited graph', async () => {
    const { live, graph, run, held } = await begin('resume')
    await held.go('step', 3)
    await live.edit(run.id, [{ node: 'weighted', param: 'weights', value: [0.25] }])
    await live.until(run.id, 'edited')
    await held.go('step', 2)
    await live.stop(run.id, 'checkpoint')
    const { run: folder, outcome } = ended(await run.result)
    expect(outcome).toBe('stopped')

    const resumed = live.run(graph, { resumeFrom: folder, paused: true, fresh: false })
    const again = await HeldRun.begin(live, resumed.id)
    // Before where it was resumed other programs made the steps: no further back than that.
    await again.go('step', 1)
    expect(await again.go('back', 4)).toMatchObject({ step: 5 })
    await live.control(resumed.id, 'resume')
    ended(await resumed.result)

    // The same edit in a run that was never stopped.
    const { live: other, run: whole, held: second } = await begin('whole')
    await second.go('step', 3)
    await other.edit(whole.id, [{ node: 'weighted', param: 'weights', value: [0.25] }])
    await other.control(whole.id, 'resume')
    ended(await whole.result)
    const wanted = lossBits(other.events(whole.id))
    expect([...lossBits(live.events(run.id)), ...lossBits(live.events(resumed.id))]).toEqual(wanted)

    // Nothing of this is what the graph says.
    const plain = live.run(graph, { fresh: false })
    ended(await plain.result)
    expect(live.events(plain.id)).toContainEqual(
      expect.objectContaining({ type: 'node', node: 'train', state: 'done' }),
    )
    expect(lossBits(live.events(plain.id))).not.toEqual(wanted)
  }, 240_000)

  it('edited after going back leaves the steps beyond behind, whole', async () => {
    const { live, run, held } = await begin('back')
    await held.go('step', 9)
    await held.go('back', 4)
    await live.edit(run.id, [{ node: 'adamw', param: 'weightDecay', value: 0 }])
    await live.until(run.id, 'edited')
    await held.go('step', 1)
    await live.control(run.id, 'resume')
    const done = ended(await run.result)
    const steps = readFileSync(join(done.run, 'metrics.train.jsonl'), 'utf8').trim().split('\n')
    expect(steps.map(line => (JSON.parse(line) as { step: number }).step)).toEqual([...Array(12).keys()])
    const left = join(done.run, 'left-behind', '1.train')
    expect(readdirSync(left).sort()).toEqual(['metrics.jsonl', 'step-8'])
    expect(existsSync(join(left, 'step-8', 'state.json'))).toBe(true)
    const behind = readFileSync(join(left, 'metrics.jsonl'), 'utf8').trim().split('\n')
    expect(behind.map(line => (JSON.parse(line) as { step: number }).step)).toEqual([5, 6, 7, 8])
  }, 240_000)

  it.each([
    ['vision', 'width', 32, 'can\'t be changed while "train" trains'],
    ['train', 'steps', 20, 'would change the number of steps or the seed'],
    ['train', 'ema', 0.9, "would change the optimizer's state"],
    ['schedule', 'rate', -1, '"schedule": '],
    ['nobody', 'rate', 1, 'the run has no node "nobody"'],
    ['weighted', 'weights', [1, 2], '2 weights for 1 loss'],
  ])('refuses %s.%s = %s, says why, and goes on as it was', async (node, param, value, why) => {
    const { live, graph, run, held } = await begin('refused')
    await held.go('step', 2)
    await live.edit(run.id, [{ node, param, value }])
    const { event } = await live.until(run.id, 'log')
    expect(event).toMatchObject({ level: 'warning', node, message: expect.stringContaining(why) })
    await live.control(run.id, 'resume')
    ended(await run.result)
    const plain = live.run(graph)
    await plain.result
    expect(lossBits(live.events(run.id))).toEqual(lossBits(live.events(plain.id)))
  })
})
