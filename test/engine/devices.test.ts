import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Report } from '../../src/graph/host.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { checkpointOf, failureOf, folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, writeToy } from './toy.ts'

const scratch = fileScratch()
const { path, missing } = plugin()
const STEPS = 20

describe.skipIf(missing !== '')(named('several devices', missing), () => {
  let toy: string
  let one: RanHere
  let four: RanHere
  const cache = join(scratch, 'cache')
  const run = (devices: number, options: Partial<Parameters<typeof runHere>[1]> = {}) =>
    runHere(toy, { cache, engine: 'xla', platform: 'cpu', devices, fresh: true, ...options })

  beforeAll(async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    await makePictures(scratch)
    toy = writeToy(scratch, { train: { steps: STEPS } })
    one = await run(1)
    four = await run(4)
  }, 60_000)

  // The contrastive loss and the gradient's norm read the whole batch: neither is a mean of the devices' own.
  it.each(['train/loss', 'train/grad_norm'] as const)('give the %s of one device', metric => {
    const values = ({ events }: RanHere) => events.flatMap(e => (e.type === 'step' ? [e[metric]!] : []))
    const [expected, got] = [values(one), values(four)]
    expect(expected).toHaveLength(STEPS)
    const worst = Math.max(...got.map((v, i) => Math.abs(v / expected[i]! - 1)))
    expect(worst).toBeLessThan(1e-5)
    expect(got).toHaveLength(STEPS)
  })

  it('give the scores of one device', () => {
    const reports = ({ result }: RanHere): Readonly<Record<string, Report>> =>
      result.type === 'result' ? result.reports : {}
    expect(Object.keys(reports(one))).toEqual(['retrieval', 'zero_shot'])
    for (const [node, report] of Object.entries(reports(one)))
      for (const [metric, value] of Object.entries(report.metrics))
        expect(reports(four)[node]!.metrics[metric], `${node} ${metric}`).toBeCloseTo(value, 6)
  })

  it('say how many they are and what each needs', () => {
    const facts = ({ events }: RanHere) => events.find(e => e.type === 'train')!.facts!
    expect([facts(one).devices, facts(four).devices]).toEqual([1, 4])
    // Weights are whole on each device; of the batch (pictures, ids and ends of texts) each has a quarter.
    const batchBytes = 8 * (16 * 16 * 3 + 12 * 4 + 4)
    const spared = facts(one).memory!.argumentBytes - facts(four).memory!.argumentBytes
    expect(spared).toBe(0.75 * batchBytes)
    for (const { flops } of [facts(one), facts(four)]) expect(flops).toBeGreaterThan(1e6)
  })

  it('leave nothing on the device', () => {
    expect(Object.entries(Library.load(path).ledger).filter(([, n]) => n !== 0)).toEqual([])
  })

  it('compute the same bits again, and after a resume', async () => {
    const again = await run(4)
    expect(again.losses).toEqual(four.losses)
    expect(again.events.find(e => e.type === 'train')).toMatchObject({ fromCache: true })
    const stopped = await run(4, { stopAt: { train: 'train', step: 10 } })
    const rest = await run(4, { fresh: false, resumeFrom: folderOf(stopped) })
    expect(rest.losses[0]![0]).toBe(10)
    expect([...stopped.losses, ...rest.losses]).toEqual(four.losses)
  }, 60_000)

  it('refuse a checkpoint of another number', async () => {
    const other = await run(2, { fresh: false, resumeFrom: checkpointOf(folderOf(four), 4) })
    expect(failureOf(other)).toMatch(/can't be resumed: since it was made, .*engine/)
  })

  it('hold a batch whole that they do not divide', async () => {
    const three = await run(3)
    const worst = Math.max(...three.losses.map(([, v], i) => Math.abs(v / one.losses[i]![1] - 1)))
    expect(worst).toBeLessThan(1e-5)
  })

  it('are refused together where one step would not fit', async () => {
    vi.stubEnv('DIPTYCH_MEMORY_LIMIT', '1M')
    try {
      const { result } = await run(4)
      expect(result).toMatchObject({ type: 'failed', node: 'train' })
      expect(failureOf({ result } as RanHere)).toMatch(
        /^a step needs \d+\.\d kB of memory on each device .* 1\.\d MB for the 4 devices that share it, but DIPTYCH_MEMORY_LIMIT allows 1\.0 MB\. Make the batch smaller/,
      )
      expect((await run(1)).result.type).toBe('result')
    } finally {
      vi.stubEnv('DIPTYCH_MEMORY_LIMIT', undefined)
    }
  })

  it('are XLA only', async () => {
    for (const engine of ['reference', 'tfjs'] as const)
      expect(failureOf(await runHere(toy, { cache, engine, devices: 2 }))).toBe(
        `The engine ${engine} has no devices to choose: leave out --platform and --devices, or use --engine xla.`,
      )
  })
})
