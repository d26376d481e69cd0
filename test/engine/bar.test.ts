import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import type { Report } from '../../src/graph/host.ts'
import { checkpointOf, failureOf, folderOf, type RanHere, runHere } from './run-kit.ts'
import { fileScratch, makePictures, type ToyDocument, toyDocument } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')
const R1 = 'image_to_text_recall@1'

beforeAll(() => makePictures(scratch))

/** The toy with a second arm that is wired as the first, and a bar between their retrieval. */
function twoArms(control: Record<string, unknown> = {}, bar: Record<string, unknown> = {}): ToyDocument {
  const doc = toyDocument({ train: { steps: 3 } })
  const { train, retrieval } = doc.nodes
  doc.nodes.control = {
    ...train!,
    v: 2 as 1,
    params: { steps: 3, pairedWith: { $node: 'train' }, ...control },
  }
  doc.nodes.other = { ...retrieval!, in: { ...retrieval!.in, weights: 'control.weights' } }
  doc.nodes.bar = {
    type: 'evaluation.bar',
    v: 1,
    params: { metric: R1, relation: 'noWorse', claim: 'Two arms alike are no different', ...bar },
    in: { a: 'retrieval.report', b: 'other.report' },
  }
  return doc
}

function write(name: string, doc: object): string {
  const file = join(scratch, name)
  writeFileSync(file, JSON.stringify(doc))
  return file
}

function reportOf(ran: RanHere, node: string): Report {
  if (ran.result.type !== 'result') throw new Error(JSON.stringify(ran.result))
  return ran.result.reports[node]!
}

const lossesOf = (ran: RanHere, train: string) =>
  ran.events.flatMap(e => (e.type === 'step' && e.node === train ? [e['train/loss']] : []))

const weightsOf = async (ran: RanHere, train: string) =>
  new Map(
    [...(await readCheckpoint(checkpointOf(folderOf(ran), 3, train))).weights].map(([name, { bytes }]) => [
      name,
      Buffer.from(bytes).toString('base64'),
    ]),
  )

describe('a Train that is paired with another', () => {
  // Guards what a control is for: with the same wires it must be the same run, to the last bit.
  test('sees the same batches with the same random numbers, and so has the same losses and weights', async () => {
    const ran = await runHere(write('paired.json', twoArms()), { cache })
    expect(lossesOf(ran, 'train')).toHaveLength(3)
    expect(lossesOf(ran, 'control')).toEqual(lossesOf(ran, 'train'))
    expect(await weightsOf(ran, 'control')).toEqual(await weightsOf(ran, 'train'))
    expect(reportOf(ran, 'bar')).toMatchObject({
      metrics: { difference: 0, low: 0, high: 0, n: 24, met: 1 },
      verdict: { met: true, bar: { paired: true, relation: 'noWorse', against: R1 } },
    })
  })

  test('draws apart where it is not paired', async () => {
    const ran = await runHere(write('apart.json', twoArms({ pairedWith: undefined })), { cache })
    expect(lossesOf(ran, 'control')).not.toEqual(lossesOf(ran, 'train'))
  })

  test('takes the seed of the other', async () => {
    const doc = twoArms()
    doc.nodes.train = { ...doc.nodes.train!, params: { ...doc.nodes.train!.params, seed: 5 } }
    const ran = await runHere(write('seed.json', doc), { cache })
    expect(lossesOf(ran, 'control')).toEqual(lossesOf(ran, 'train'))
  })

  test('is kept in the cache under the Train that it names', async () => {
    const again = await runHere(write('paired.json', twoArms()), { cache })
    expect(again.states).toMatchObject({ train: 'cached', control: 'cached', other: 'cached', bar: 'cached' })
    const apart = await runHere(write('apart.json', twoArms({ pairedWith: undefined })), { cache })
    expect(apart.states.control).toBe('cached')
  })

  test('is resumed with the same other arm only', async () => {
    const file = write('resumed.json', twoArms({ checkpointEvery: 1 }))
    const stopped = await runHere(file, { cache, fresh: true, stopAt: { train: 'control', step: 2 } })
    const apart = write('resumed.json', twoArms({ checkpointEvery: 1, pairedWith: undefined }))
    const ran = await runHere(apart, { cache, resumeFrom: folderOf(stopped) })
    expect(failureOf(ran)).toContain('the Train it is paired with changed')
    const whole = write('resumed.json', twoArms({ checkpointEvery: 1 }))
    const resumed = await runHere(whole, { cache, resumeFrom: folderOf(stopped) })
    expect(await weightsOf(resumed, 'control')).toEqual(await weightsOf(resumed, 'train'))
  })
})

describe('a bar in a run', () => {
  test('that is not met does not fail the run', async () => {
    const ran = await runHere(write('red.json', twoArms({}, { relation: 'greater' })), { cache })
    expect(reportOf(ran, 'bar').verdict).toMatchObject({ met: false, interval: { low: 0, high: 0 } })
  })

  test('reads reports anew when the model behind them changes', async () => {
    const ran = await runHere(write('longer.json', twoArms({ steps: 2 })), { cache })
    expect(ran.states).toMatchObject({ train: 'cached', control: 'done', other: 'done', bar: 'done' })
    expect(ran.events.find(e => e.type === 'node' && e.node === 'bar' && e.state === 'running')).toBeDefined()
  })

  test('of one report may hold a figure against chance', async () => {
    const doc = twoArms({}, { relation: 'greater', metric: 'top1' })
    doc.nodes.bar = { ...doc.nodes.bar!, in: { a: 'zero_shot.report' } }
    const ran = await runHere(write('chance.json', doc), { cache })
    const { metrics, verdict } = reportOf(ran, 'bar')
    expect(metrics.value).toBeCloseTo(1 / 3, 12)
    expect(verdict!.sentence).toMatch(/^top1 .* over 24 items; the interval must lie above 0.333\.$/)
  })

  test('that names a figure which is not there fails with those that are', async () => {
    const ran = await runHere(write('missing.json', twoArms({}, { metric: 'image_to_text_recall@2' })), {
      cache,
    })
    expect(failureOf(ran)).toContain('no figure "image_to_text_recall@2"')
  })
})
