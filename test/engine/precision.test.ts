import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { toNumbers } from '../../src/runtime/host-array.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { checkpointOf, folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const { path, missing } = plugin()
const STEPS = 12

const train = (params: object, schedule: object = {}): Promise<RanHere> => {
  const name = `${JSON.stringify([params, schedule]).replace(/\W+/g, '-')}.json`
  const changes = { train: { checkpointEvery: 1, ...params }, schedule: { steps: STEPS, ...schedule } }
  return runHere(writeToy(scratch, changes as never, name), { cache, engine: 'xla', fresh: true })
}

const reports = ({ result }: RanHere) => {
  if (result.type !== 'result') throw new Error(`no result: ${JSON.stringify(result)}`)
  expect(result.outcome).toBe('completed')
  return result.reports
}

describe.skipIf(missing !== '')(named('training in bf16 on XLA', missing), () => {
  beforeAll(async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    await makePictures(scratch)
  })

  test('has the losses of float32 up to roundings, and evaluators that compute alike', async () => {
    const [fine, coarse] = [await train({ steps: STEPS }), await train({ steps: STEPS, precision: 'bf16' })]
    const gaps = fine.losses.map(([, loss], i) => Math.abs(coarse.losses[i]![1] / loss - 1))
    expect(gaps).toHaveLength(STEPS)
    expect(Math.max(...gaps)).toBeLessThan(0.02)
    // Were they equal, nothing would have been in bf16.
    expect(Math.min(...gaps)).toBeGreaterThan(0)
    expect(Object.keys(reports(coarse))).toEqual(Object.keys(reports(fine)))
  }, 120_000)

  test('keeps float32 weights: steps too small for bf16 add up', async () => {
    const ran = await train({ steps: STEPS, precision: 'bf16' }, { rate: 2e-5, warmup: 0, kind: 'constant' })
    const at = async (step: number) => {
      const { weights, optimizer } = await readCheckpoint(checkpointOf(folderOf(ran), step))
      for (const [name, a] of [...weights, ...optimizer]) expect([name, a.type.dtype]).toEqual([name, 'f32'])
      return toNumbers(weights.get('vision/transformer/resblocks/0/mlp/c_fc/weight')!)
    }
    const seen = await Promise.all(Array.from({ length: STEPS }, (_, i) => at(i + 1)))
    const [first, last] = [seen[0]!, seen.at(-1)!]
    /** Half of what is between a number and the next in bf16: a smaller step is rounded away. */
    const half = (v: number) => 2 ** (Math.floor(Math.log2(Math.abs(v))) - 8)
    const large = [...first.keys()].filter(i => Math.abs(first[i]!) > 0.1)
    expect(large.length).toBeGreaterThan(100)
    for (let t = 1; t < STEPS; t++)
      expect(large.filter(i => Math.abs(seen[t]![i]! - seen[t - 1]![i]!) >= half(first[i]!))).toEqual([])
    const moved = large.map(i => Math.abs(last[i]! - first[i]!) / Math.abs(seen[1]![i]! - first[i]!))
    expect(moved.filter(times => times > 3).length).toBeGreaterThan(large.length / 2)
  }, 120_000)

  test('goes with gradient checkpointing', async () => {
    for (const [precision, tolerance] of [
      ['f32', 5e-6],
      // The compiler keeps some values between operations in float32, and which ones depends on the blocks.
      ['bf16', 0.02],
    ] as const) {
      const kept = await train({ steps: STEPS, precision })
      const again = await train({ steps: STEPS, precision, gradientCheckpointing: true })
      const gaps = kept.losses.map(([, loss], i) => Math.abs(again.losses[i]![1] / loss - 1))
      expect(gaps).toHaveLength(STEPS)
      expect(Math.max(...gaps)).toBeLessThan(tolerance)
    }
  }, 120_000)
})
