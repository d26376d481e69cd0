import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { asField, defineDevice, z } from '../../src/graph/kit.ts'
import { tensorPort } from '../../src/graph/types.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { failureOf, type RunHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, toyDocument } from './toy.ts'

const flags = vi.hoisted(() => ({ broken: false }))
vi.mock('../../src/ir/passes/finite-flags.ts', async importOriginal => {
  const real = await importOriginal<typeof import('../../src/ir/passes/finite-flags.ts')>()
  const finiteFlags: typeof real.finiteFlags = (...args) => {
    if (flags.broken) throw new Error('the device is lost')
    return real.finiteFlags(...args)
  }
  return { ...real, finiteFlags }
})

const scratch = fileScratch()
const cache = join(scratch, 'cache')
let file = ''

/** A loss with a weight of its own, w = 1 at first, that gradient descent drives to where `of` has no value. */
const fragile = defineDevice({
  type: 'test.fragile',
  version: 1,
  title: 'Fragile',
  category: 'objective',
  doc: '',
  params: z.strictObject({ of: z.enum(['log', 'root', 'steep']).default('log') }),
  inputs: { loss: { accepts: { kind: 'record', record: 'loss' }, doc: 'Any loss.' } },
  types: () => ({
    loss: {
      kind: 'record',
      record: 'loss',
      fields: { sum: tensorPort('float'), count: tensorPort('float') },
    },
  }),
  build: (s, p, inputs) => {
    const { b } = s
    const w = s.weight('w', [], { kind: 'ones' })
    const extra = { log: () => b.log(w), root: () => b.sqrt(b.mul(w, 0)), steep: () => b.mul(w, 1e38) }
    const [sum, count] = [asField(inputs.loss, 'loss', 'sum'), asField(inputs.loss, 'loss', 'count')]
    return { loss: { sum: b.add(sum, b.mul(extra[p.of](), count)), count } }
  },
})

/** Runs the toy with this loss, under plain gradient descent at a constant rate. */
function run(of: string, options: Partial<RunHere> = {}) {
  const document = toyDocument({
    schedule: { rate: 0.3, warmup: 0, kind: 'constant' },
    train: { steps: 8, checkpointEvery: 2, clipNorm: 0 },
  })
  const { retrieval, zero_shot, ...nodes } = document.nodes as Record<string, object>
  const json = {
    ...document,
    nodes: {
      ...nodes,
      fragile: { type: 'test.fragile', v: 1, params: { of }, in: { loss: 'loss.loss' } },
      adamw: { type: 'optimizer.sgd', v: 1, params: { momentum: 0 }, in: { schedule: 'schedule.schedule' } },
      train: { ...nodes.train, in: { loss: ['fragile.loss'], optimizer: ['adamw.optimizer'] } },
    },
  }
  writeFileSync(file, JSON.stringify(json))
  return runHere(file, { cache, nodes: [fragile], fresh: true, ...options })
}

/** A failure's text without the folder that it names. */
const textOf = (ran: Awaited<ReturnType<typeof run>>) =>
  failureOf(ran).replace(/(checkpoints are in ).*\/checkpoints/, '$1…/checkpoints')

beforeAll(async () => {
  await makePictures(scratch)
  file = join(scratch, 'fragile.json')
})

describe('a loss that is not a number is explained on the node where it began', () => {
  test('in the forward pass', async () => {
    const ran = await run('log')
    expect(textOf(ran)).toMatchInlineSnapshot(
      `"train/loss became NaN at step 3 of "train". The first value that is not finite in that step is log of "fragile" in the forward pass: f32[], from f32[], all finite. The logarithm of zero or of a negative number: keep its operand above zero, for example by adding 1e-6. Earlier checkpoints are in …/checkpoints/train."`,
    )
    expect(ran.result).toMatchObject({ node: 'fragile' })
    // Replayed from the newest checkpoint, not from the start.
    const replays = ran.events.flatMap(e =>
      e.type === 'progress' && /not finite/.test(e.what) ? [e.total] : [],
    )
    expect(Math.max(...replays)).toBeLessThanOrEqual(1)
  })

  test('in the gradient, where the loss itself is finite', async () => {
    const ran = await run('root')
    expect(textOf(ran)).toMatchInlineSnapshot(
      `"train/grad_norm became NaN at step 0 of "train". The first value that is not finite in that step is div of "fragile" in the gradient: f32[], from f32[] and f32[], all finite. A division by zero, or a quotient too large: keep the divisor away from zero, for example by adding 1e-6. Earlier checkpoints are in …/checkpoints/train."`,
    )
    expect(ran.result).toMatchObject({ node: 'fragile' })
  })

  test('without a checkpoint it is replayed from the start, with the same result', async () => {
    const set = [{ node: 'train', param: 'checkpointEvery', value: 0 }]
    expect(textOf(await run('log', { set }))).toBe(textOf(await run('log')))
  })

  test('by way of weights that a checkpoint already holds', async () => {
    const set = [
      { node: 'schedule', param: 'rate', value: 10 },
      { node: 'train', param: 'checkpointEvery', value: 1 },
    ]
    expect(textOf(await run('steep', { set }))).toMatchInlineSnapshot(
      `"train/loss became -Infinity at step 1 of "train". The first value that is not finite in step 0 is mul of "train" in the update: f32[], from f32[] and f32[], all finite. It reached train/loss by way of the weights. The numbers outgrew their type: try a lower learning rate, a longer warm-up, or clipNorm. Earlier checkpoints are in …/checkpoints/train."`,
    )
  })

  test('by way of weights that it was resumed with', async () => {
    const set = [
      { node: 'schedule', param: 'rate', value: 10 },
      { node: 'train', param: 'checkpointEvery', value: 1 },
    ]
    const ran = await run('steep', { set })
    const resumeFrom = ran.events.flatMap(e => (e.type === 'checkpoint' ? [e.path] : [])).at(-1)!
    expect(textOf(await run('steep', { set, resumeFrom, fresh: false }))).toMatchInlineSnapshot(
      `"train/loss became -Infinity at step 1 of "train". A weight or its state was not finite where training began: fragile/w, f32[]. Resume from an earlier checkpoint, or start from other weights. Earlier checkpoints are in …/checkpoints/train."`,
    )
  })

  test('and where that can not be done, says why not', async () => {
    flags.broken = true
    const ran = await run('log')
    flags.broken = false
    expect(textOf(ran)).toMatchInlineSnapshot(
      `"train/loss became NaN at step 3 of "train". The numbers outgrew their type: try a lower learning rate, a longer warm-up, or clipNorm. Earlier checkpoints are in …/checkpoints/train."`,
    )
    expect(ran.log).toContain(
      'the step could not be made again to see where it came from: the device is lost',
    )
  })
})

const { path, missing } = plugin()

test.skipIf(missing !== '')(
  named('on XLA as on the reference', missing),
  async () => {
    vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
    const of = async (engine: 'xla' | 'reference') => textOf(await run('log', { engine }))
    expect(await of('xla')).toBe(await of('reference'))
    vi.unstubAllEnvs()
  },
  120_000,
)
