import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { HostArray } from '../../src/runtime/backend.ts'
import { view } from '../../src/runtime/host-array.ts'
import { checked, clip, node, rewired, withNode, withParams } from '../graph/fixtures.ts'
import { checkpointOf, folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, type ToyDocument, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const STEPS = 4
const DECAY = 0.3

function write(name: string, doc: object): string {
  const file = join(scratch, name)
  writeFileSync(file, JSON.stringify(doc))
  return file
}

/** The toy with a second Train that keeps an average, and evaluators on `measured`. */
function twoStages(ema: number, measured = 'tune.ema'): ToyDocument {
  const doc = toyDocument({ train: { steps: 2 } })
  const params = { steps: STEPS, checkpointEvery: 1, trainable: ['vision*'], ema }
  doc.nodes.tune = { ...doc.nodes.train!, params, in: { ...doc.nodes.train!.in, weights: 'train.weights' } }
  for (const id of ['retrieval', 'zero_shot'])
    doc.nodes[id] = { ...doc.nodes[id]!, in: { ...doc.nodes[id]!.in, weights: measured } }
  return doc
}

const reportsOf = (ran: RanHere) => (ran.result.type === 'result' ? ran.result.reports : {})
const saved = (ran: RanHere, step: number, train = 'tune') =>
  readCheckpoint(checkpointOf(folderOf(ran), step, train))
const numbers = (a: HostArray | undefined): number[] => [...view(a!)].map(Number)

beforeAll(() => makePictures(scratch))

describe('a moving average of the weights', () => {
  test('follows the weights that change, from where they started', async () => {
    const ran = await runHere(write('ema.json', twoStages(DECAY)), { cache })
    expect(ran.result).toMatchObject({ outcome: 'completed' })
    const start = (await saved(ran, 2, 'train')).weights
    let average = new Map([...start].map(([name, a]) => [name, numbers(a)]))
    for (let step = 0; step < STEPS; step++) {
      const { weights, optimizer } = await saved(ran, step + 1)
      const kept = Math.min(DECAY, (2 + step) / (11 + step))
      average = new Map(
        [...average].map(([name, values]) => {
          const now = numbers(weights.get(name))
          return [name, values.map((v, i) => kept * v + (1 - kept) * now[i]!)]
        }),
      )
      const names = [...optimizer.keys()].filter(n => n.startsWith('ema/'))
      expect(names.toSorted()).toEqual(
        [...weights.keys()]
          .filter(n => n.startsWith('vision/'))
          .map(n => `ema/${n}`)
          .toSorted(),
      )
      for (const name of names)
        numbers(optimizer.get(name)).forEach((v, i) => {
          expect(v).toBeCloseTo(average.get(name.slice(4))![i]!, 6)
        })
    }
  })

  test('is what its wire carries, to a Train and to evaluators, from the cache as well', async () => {
    const doc = twoStages(DECAY)
    const { tune } = doc.nodes
    const params = { steps: 1, trainable: ['text*'] }
    doc.nodes.more = { ...tune!, params, in: { ...tune!.in, weights: 'tune.ema' } }
    const graph = write('wired.json', doc)
    const ran = await runHere(graph, { cache, fresh: true })
    const { optimizer } = await saved(ran, STEPS)
    const { weights } = await saved(ran, 1, 'more')
    const frozen = [...weights].filter(([name]) => name.startsWith('vision/'))
    expect(frozen.length).toBeGreaterThan(0)
    for (const [name, array] of frozen) expect(array).toEqual(optimizer.get(`ema/${name}`))

    const again = await runHere(graph, { cache })
    const cached = { tune: 'cached', more: 'cached', retrieval: 'cached', zero_shot: 'cached' }
    expect(again.states).toMatchObject(cached)
    expect(reportsOf(again)).toEqual(reportsOf(ran))
    const plain = await runHere(write('plain.json', twoStages(DECAY, 'tune.weights')), { cache })
    expect(plain.states).toMatchObject({ tune: 'cached', retrieval: 'done', zero_shot: 'done' })
  })

  test('never changes training', async () => {
    const losses = async (ema: number, measured: string) =>
      (await runHere(write('same.json', twoStages(ema, measured)), { cache, fresh: true })).losses
    expect(await losses(0.9, 'tune.ema')).toEqual(await losses(0, 'tune.weights'))
  })

  test('goes on where it was when a run is resumed', async () => {
    const graph = write('resumed.json', twoStages(DECAY))
    const whole = await runHere(graph, { cache, fresh: true })
    const stopped = await runHere(graph, {
      cache,
      fresh: true,
      stopAt: { train: 'tune', step: 2 },
    })
    expect(stopped.result).toMatchObject({ outcome: 'stopped' })
    const rest = await runHere(graph, { cache, resumeFrom: folderOf(stopped) })
    expect((await saved(rest, STEPS)).optimizer).toEqual((await saved(whole, STEPS)).optimizer)
    expect(reportsOf(rest)).toEqual(reportsOf(whole))
  })
})

test('a weight with the name of an average is refused', () => {
  const projection = node('layer.projection', { size: 96 }, { input: '@input' })
  const def = {
    params: {},
    in: ['input'],
    out: { output: 'text_projection.output' },
    nodes: { text_projection: projection },
  }
  const wired = withNode(clip(), 'ema', node('def:projected', {}, { input: 'vision.pooled' }))
  const doc = withParams(rewired(wired, 'image_unit', { input: 'ema.output' }), 'train', { ema: 0.9 })
  const graph = checked({ ...doc, defs: { projected: def } })
  expect(graph.diagnostics).toEqual([])
  const schedule = { kind: 'constant', base: 1, warmupSteps: 0, totalSteps: 1 } as const
  const sgd = { kind: 'sgd', schedule, momentum: 0, nesterov: false, weightDecay: 0 } as const
  expect(() => buildTrainStep(graph, 'train', [sgd])).toThrow(
    'the moving average of "text_projection/weight" has the name of the weight "ema/text_projection/weight"',
  )
})

describe('other optimizers than AdamW', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['lion', {}, ['exp_avg']],
    ['sgd', { momentum: 0.9, nesterov: true }, ['momentum_buffer']],
    ['sgd', { momentum: 0 }, []],
  ])('%s %j trains, and a resumed run is the run that was never stopped', async (kind, params, slots) => {
    const doc = toyDocument({ train: { steps: STEPS, checkpointEvery: 0 }, schedule: { rate: 0.01 } })
    doc.nodes.adamw = { ...doc.nodes.adamw!, type: `optimizer.${kind}`, params }
    for (const id of ['retrieval', 'zero_shot']) delete doc.nodes[id]
    const graph = write('other.json', doc)
    const whole = await runHere(graph, { cache, fresh: true })
    expect(whole.losses.map(([step]) => step)).toEqual([0, 1, 2, 3])
    const { optimizer, weights } = await saved(whole, STEPS, 'train')
    expect(new Set([...optimizer.keys()].map(n => n.slice(n.indexOf(':') + 1)))).toEqual(new Set(slots))
    const stopped = await runHere(graph, {
      cache,
      fresh: true,
      stopAt: { train: 'train', step: 2 },
    })
    const rest = await runHere(graph, { cache, resumeFrom: folderOf(stopped) })
    expect((await saved(rest, STEPS, 'train')).weights).toEqual(weights)
  })
})
