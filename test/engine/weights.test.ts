import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { view } from '../../src/runtime/host-array.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { HeldRun } from './held.ts'
import { ended, LiveEngine, lossBits, sourceOf, writeTraining } from './live.ts'
import { fileScratch, makePictures } from './toy.ts'

const scratch = fileScratch()
const { missing, path } = plugin()
const cache = join(scratch, 'cache')

beforeAll(async () => {
  if (path) vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
})

const norm = (values: Iterable<number>): number => Math.sqrt([...values].reduce((sum, x) => sum + x * x, 0))

const engines = [
  ['reference', ''],
  ['xla', missing],
] as const

for (const [engine, absent] of engines)
  describe.skipIf(absent !== '')(named(`looking at weights, ${engine}`, absent), () => {
    it('gives the norms of the step that follows and leaves its bits', async () => {
      const live = new LiveEngine(cache)
      const graph = sourceOf(writeTraining(scratch, 'training.json'))
      const straight = live.run(graph, { engine })
      await straight.result
      const run = live.run(graph, { engine, paused: true })
      const held = await HeldRun.begin(live, run.id)
      await held.go('step', 3)
      const commit = async () => {
        await live.control(run.id, 'commit')
        const { event } = await live.until(run.id, 'checkpoint', live.events(run.id).length)
        return readCheckpoint(event.path)
      }
      const before = await commit()
      await live.control(run.id, 'weights')
      const { event } = await live.until(run.id, 'weights')
      expect(event).toMatchObject({ node: 'train', step: 3 })
      await held.go('step', 1)
      const after = await commit()
      await live.control(run.id, 'resume')
      ended(await run.result)
      const events = live.events(run.id)
      expect(lossBits(events)).toEqual(lossBits(live.events(straight.id)))

      // What training itself says of the same step.
      const told = events.find(e => e.type === 'step' && e.step === 3) as unknown as {
        'train/grad_norm': number
      }
      const whole = norm(event.weights.map(w => w.gradient))
      expect(whole / told['train/grad_norm']).toBeCloseTo(1, 5)
      expect(event.weights.map(w => w.name)).toEqual([...before.weights.keys()])
      for (const { name, weight, update, gradient } of event.weights) {
        const [w0, w1] = [before, after].map(c => view(c.weights.get(name)!))
        expect(weight, name).toBeCloseTo(norm(w0!), 3)
        const moved = norm(Array.from(w1!, (x, i) => x - w0![i]!))
        expect(Math.abs(update - moved) / moved, name).toBeLessThan(1e-2)
        expect(gradient, name).toBeGreaterThan(0)
      }
      expect(events.filter(e => e.type === 'log' && e.level === 'warning')).toEqual([])
    }, 240_000)
  })

describe('the alarm', () => {
  const write = (name: string, change: (nodes: Record<string, Record<string, unknown>>) => void) => {
    const document = JSON.parse(readFileSync(writeTraining(scratch, 'plain.json'), 'utf8'))
    change(document.nodes)
    writeFileSync(join(scratch, name), JSON.stringify(document))
    return sourceOf(join(scratch, name))
  }

  it('names a weight that gets no gradient before the first step, on its node', async () => {
    const live = new LiveEngine(cache)
    const graph = write('unread.json', nodes => {
      // Its own loss, which alone trains its codes, is not wired.
      nodes.quantizer = {
        type: 'layer.vectorQuantizer',
        v: 1,
        params: { size: 8, codebook: 'trained' },
        in: { input: 'image_projection.output' },
      }
      nodes.image_unit = { ...nodes.image_unit, in: { input: 'quantizer.codes' } }
    })
    const run = live.run(graph, { paused: true })
    await HeldRun.begin(live, run.id)
    const warnings = live.events(run.id).filter(e => e.type === 'log' && e.level === 'warning')
    expect(warnings).toEqual([
      expect.objectContaining({
        node: 'quantizer',
        message: expect.stringMatching(/^the weight quantizer\/\S+ gets no gradient: no loss of "train"/),
      }),
    ])
    await live.stop(run.id, 'cancel')
    await run.result
  })

  it('names weights whose gradient is 0 on the step that is looked at, once', async () => {
    const live = new LiveEngine(cache)
    const graph = write('still.json', nodes => {
      nodes.weighted = {
        type: 'objective.weightedSum',
        v: 1,
        params: { weights: [0] },
        in: { losses: ['loss.loss'] },
      }
      nodes.train = { ...nodes.train, in: { ...(nodes.train!.in as object), loss: ['weighted.loss'] } }
    })
    const run = live.run(graph, { paused: true })
    await HeldRun.begin(live, run.id)
    await live.control(run.id, 'weights')
    const first = await live.until(run.id, 'weights')
    expect(first.event.weights.every(w => w.gradient === 0)).toBe(true)
    await live.control(run.id, 'weights')
    await live.until(run.id, 'weights', first.at + 1)
    await live.control(run.id, 'hash')
    await live.until(run.id, 'state')
    const warnings = live.events(run.id).filter(e => e.type === 'log' && e.level === 'warning')
    expect(warnings.map(w => 'node' in w && w.node).sort()).toEqual(
      ['image_projection', 'logits', 'text', 'text_projection', 'vision'].sort(),
    )
    await live.stop(run.id, 'cancel')
    await run.result
  })
})
