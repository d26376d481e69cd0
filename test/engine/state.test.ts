import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import type { HostArray } from '../../src/runtime/backend.ts'
import { view } from '../../src/runtime/host-array.ts'
import { named, plugin } from '../runtime/pjrt-kit.ts'
import { checkpointOf, failureOf, folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, type ToyDocument, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const { path, missing } = plugin()

beforeAll(async () => {
  if (missing === '') vi.stubEnv('DIPTYCH_PJRT_PLUGIN', path)
  await makePictures(scratch)
})

const ref = (id: string) => ({ $node: id })

function write(name: string, change: (nodes: ToyDocument['nodes']) => void): string {
  const doc = toyDocument({ train: { steps: 4, checkpointEvery: 2 } })
  change(doc.nodes)
  const file = join(scratch, name)
  writeFileSync(file, JSON.stringify(doc))
  return file
}

const weightsOf = async (run: RanHere, step: number, train = 'train') =>
  (await readCheckpoint(checkpointOf(folderOf(run), step, train))).weights

const numbers = (a: HostArray | undefined): number[] => Array.from(view(a!), Number)

const same = (a: ReadonlyMap<string, HostArray>, b: ReadonlyMap<string, HostArray>): boolean =>
  String([...a.keys()]) === String([...b.keys()]) &&
  [...a].every(([name, { bytes }]) => Buffer.from(bytes).equals(Buffer.from(b.get(name)!.bytes)))

describe('state in a run', () => {
  /** Both towers end in one batch norm. */
  const normed = (change: (nodes: ToyDocument['nodes']) => void = () => {}) =>
    write('normed.json', nodes => {
      const norm = (input: string, params = {}) =>
        ({ type: 'layer.batchNorm', v: 1, params, in: { input } }) as const
      nodes.image_norm = norm('image_projection.output')
      nodes.text_norm = norm('text_projection.output', { sharedWith: ref('image_norm') })
      nodes.image_unit = { ...nodes.image_unit!, in: { input: 'image_norm.output' } }
      nodes.text_unit = { ...nodes.text_unit!, in: { input: 'text_norm.output' } }
      change(nodes)
    })

  test('is saved with the weights, measured with, and goes on bit for bit after a stop', async () => {
    const whole = await runHere(normed(), { cache })
    expect(whole.result).toMatchObject({ outcome: 'completed' })
    const [middle, end] = [await weightsOf(whole, 2), await weightsOf(whole, 4)]
    for (const name of ['image_norm/running_mean', 'image_norm/running_var'])
      expect(numbers(end.get(name))).not.toEqual(numbers(middle.get(name)))
    expect([...end.keys()].filter(name => name.startsWith('text_norm'))).toEqual([])
    const { optimizer } = await readCheckpoint(checkpointOf(folderOf(whole), 4))
    expect([...optimizer.keys()].filter(name => name.includes('running'))).toEqual([])

    const stopped = await runHere(normed(), { cache, fresh: true, stopAt: { train: 'train', step: 3 } })
    const resumed = await runHere(normed(), { cache, resumeFrom: folderOf(stopped) })
    expect(same(await weightsOf(resumed, 4), end)).toBe(true)
  })

  test('a codebook with restarts goes on bit for bit too', async () => {
    const coded = () =>
      write('coded.json', nodes => {
        nodes.quantiser = {
          type: 'layer.vectorQuantizer',
          v: 1,
          params: { size: 6, decay: 0.5, restartBelow: 0.6 },
          in: { input: 'vision.pooled' },
        }
        nodes.image_projection = { ...nodes.image_projection!, in: { input: 'quantiser.codes' } }
        nodes.sum = { type: 'objective.weightedSum', v: 1, in: { losses: ['loss.loss', 'quantiser.loss'] } }
        nodes.train = { ...nodes.train!, in: { ...nodes.train!.in, loss: ['sum.loss'] } }
      })
    const whole = await runHere(coded(), { cache })
    expect(whole.result).toMatchObject({ outcome: 'completed' })
    const end = await weightsOf(whole, 4)
    // Eight vectors of three colours leave some of six codes dead, which start again with this count.
    expect(numbers(end.get('quantiser/embedding/cluster_size'))).toContain(Math.fround(0.6))
    const stopped = await runHere(coded(), { cache, fresh: true, stopAt: { train: 'train', step: 3 } })
    const resumed = await runHere(coded(), { cache, resumeFrom: folderOf(stopped) })
    expect(same(await weightsOf(resumed, 4), end)).toBe(true)
  })

  test('is not averaged: beside averaged weights stands the state as it is', async () => {
    const averaged = normed(nodes => {
      nodes.train = { ...nodes.train!, params: { ...nodes.train!.params, ema: 0.5 } }
      nodes.retrieval = { ...nodes.retrieval!, in: { ...nodes.retrieval!.in, weights: 'train.ema' } }
    })
    const ran = await runHere(averaged, { cache })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    const { optimizer } = await readCheckpoint(checkpointOf(folderOf(ran), 4))
    const average = [...optimizer.keys()].filter(name => name.startsWith('ema/image_norm'))
    expect(average).toEqual(['ema/image_norm/bias', 'ema/image_norm/weight'])
  })

  test('a moving average of weights starts as they do, moves each step, and a later Train goes on from it', async () => {
    const file = write('momentum.json', nodes => {
      nodes.key = {
        ...nodes.image_projection!,
        params: { size: 16, averageOf: ref('image_projection'), averageDecay: 0.5 },
      }
      nodes.pull = {
        type: 'objective.meanSquaredError',
        v: 1,
        in: { prediction: 'image_projection.output', target: 'key.output' },
      }
      const train = { ...nodes.train!, params: { steps: 1 }, in: { ...nodes.train!.in, loss: ['pull.loss'] } }
      nodes.train = train
      nodes.tune = { ...train, params: { steps: 1 }, in: { ...train.in, weights: 'train.weights' } }
      delete nodes.zero_shot
      nodes.retrieval = { ...nodes.retrieval!, in: { ...nodes.retrieval!.in, weights: 'full.weights' } }
      nodes.full = { ...train, params: { steps: 1 }, in: { ...train.in, loss: ['loss.loss'] } }
    })
    const ran = await runHere(file, { cache })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    const [first, second] = [await weightsOf(ran, 1), await weightsOf(ran, 1, 'tune')]
    const weight = (tree: typeof first, node: string) => numbers(tree.get(`${node}/weight`))
    // The first step is taken where both are equal, so its gradient is 0.
    const steps = ran.events.flatMap(e => (e.type === 'step' && e.node === 'train' ? [e] : []))
    expect(steps.map(e => e['train/loss'])).toEqual([0])
    const [before, after] = [weight(first, 'key'), weight(second, 'key')]
    const query = weight(second, 'image_projection')
    after.forEach((x, i) => {
      expect(x).toBeCloseTo(0.5 * before[i]! + 0.5 * query[i]!, 6)
    })
  })

  const sameOnXla = named('is the same on XLA', missing)
  test.skipIf(missing !== '')(sameOnXla, { timeout: 60_000 }, async () => {
    const ran = await runHere(normed(), { cache, fresh: true })
    const there = await runHere(normed(), { cache, fresh: true, engine: 'xla' })
    expect(there.result).toMatchObject({ outcome: 'completed' })
    const [want, got] = [await weightsOf(ran, 4), await weightsOf(there, 4)]
    for (const name of ['image_norm/running_mean', 'image_norm/running_var'])
      numbers(got.get(name)).forEach((x, i) => {
        expect(x).toBeCloseTo(numbers(want.get(name))[i]!, 4)
      })
  })
})

describe('Bind in a run', () => {
  /** A second Train that stays near the first one’s embeddings of pictures. */
  const bound = (change: (nodes: ToyDocument['nodes']) => void = () => {}) =>
    write('bound.json', nodes => {
      nodes.frozen = {
        type: 'weights.bind',
        v: 1,
        in: { input: 'image_unit.output', weights: 'train.weights' },
      }
      nodes.stay = {
        type: 'objective.meanSquaredError',
        v: 1,
        in: { prediction: 'image_unit.output', target: 'frozen.output' },
      }
      const tune = { ...nodes.train!.in, loss: ['loss.loss', 'stay.loss'], weights: 'train.weights' }
      const objectives = [{ trainable: 'text*' }, { trainable: 'image*' }]
      nodes.tune = { type: 'train', v: 2, params: { steps: 2, objectives }, in: tune } as never
      const tuned = { pairs: 'logits.pairs', dataset: 'data.dataset', weights: 'tune.weights' }
      nodes.retrieval = { ...nodes.retrieval!, in: tuned }
      delete nodes.zero_shot
      change(nodes)
    })
  const lossesOf = (ran: RanHere, loss: string) =>
    ran.events.flatMap(e => (e.type === 'step' && e.node === 'tune' ? [e[`train/loss/${loss}`]] : []))

  test('a frozen reference stands beside live weights, over the same augmented batch', async () => {
    const ran = await runHere(bound(), { cache })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    // The image tower starts as the reference; no gradient moves it, and decay only shortens what is normalised.
    const [first, second] = lossesOf(ran, 'stay')
    expect(first).toBe(0)
    expect(second).toBeLessThan(1e-12)
    const tuned = await weightsOf(ran, 2, 'tune')
    expect([...tuned.keys()].filter(name => name.startsWith('frozen'))).toEqual([])
    const again = await runHere(bound(), { cache })
    expect(again.states).toMatchObject({ train: 'cached', tune: 'cached', retrieval: 'cached' })
  })

  test.skipIf(missing !== '')(named('the same on XLA', missing), { timeout: 60_000 }, async () => {
    const ran = await runHere(bound(), { cache, engine: 'xla' })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    for (const loss of lossesOf(ran, 'stay')) expect(loss).toBeLessThan(1e-10)
    const there = lossesOf(ran, 'loss')
    lossesOf(await runHere(bound(), { cache }), 'loss').forEach((loss, i) => {
      expect(there[i]).toBeCloseTo(loss!, 4)
    })
  })

  test('other weights at the bound wire are another stage', async () => {
    const other = bound(nodes => {
      nodes.base = { ...nodes.train!, params: { ...nodes.train!.params, steps: 3 } }
      nodes.frozen = { ...nodes.frozen!, in: { ...nodes.frozen!.in, weights: 'base.weights' } }
    })
    const ran = await runHere(other, { cache })
    expect(ran.states).toMatchObject({ train: 'cached', tune: 'done' })
    for (const loss of lossesOf(ran, 'stay')) expect(loss).toBeGreaterThan(0)
  })

  test('evaluators take bound weights from their wire', async () => {
    const unlike = bound(nodes => {
      nodes.frozen_text = { ...nodes.frozen!, in: { input: 'text_unit.output', weights: 'train.weights' } }
      nodes.old_text = { ...nodes.logits!, in: { image: 'image_unit.output', text: 'frozen_text.output' } }
      const wires = { pairs: 'old_text.pairs', dataset: 'data.dataset', weights: 'tune.weights' }
      nodes.retrieval = { ...nodes.retrieval!, in: wires }
    })
    const failed = await runHere(unlike, { cache })
    // Its own logit scale was never trained.
    expect(failureOf(failed)).toContain('"old_text/')
    const shared = bound(nodes => {
      nodes.frozen_text = { ...nodes.frozen!, in: { input: 'text_unit.output', weights: 'train.weights' } }
      nodes.old_text = {
        ...nodes.logits!,
        params: { sharedWith: ref('logits') },
        in: { image: 'image_unit.output', text: 'frozen_text.output' },
      }
      const wires = { pairs: 'old_text.pairs', dataset: 'data.dataset', weights: 'tune.weights' }
      nodes.retrieval = { ...nodes.retrieval!, in: wires }
    })
    expect((await runHere(shared, { cache })).result).toMatchObject({ outcome: 'completed' })
  })

  test('a weight that the given ones lack is named', async () => {
    const lacking = bound(nodes => {
      nodes.extra = {
        type: 'layer.projection',
        v: 1,
        params: { size: 16 },
        in: { input: 'image_unit.output' },
      }
      nodes.frozen = { ...nodes.frozen!, in: { input: 'extra.output', weights: 'train.weights' } }
    })
    expect(failureOf(await runHere(lacking, { cache }))).toMatchInlineSnapshot(
      `"the weight "extra/weight" is not among those of "train.weights": the wire that is bound to them uses a node that they were not trained with"`,
    )
  })
})
