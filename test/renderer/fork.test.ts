import { describe, expect, test } from 'vitest'
import type { GraphDocument } from '../../src/graph/document.ts'
import type { Event } from '../../src/protocol/messages.ts'
import { graphChanges } from '../../src/renderer/runs/fork-graph.ts'
import { forkPlaces, placeText } from '../../src/renderer/runs/fork-places.ts'
import { clip, rewired, withNode } from '../graph/fixtures.ts'
import { Refused } from './fake-host.ts'
import { clipText, openWindow } from './kit.ts'
import { shownOf } from './shown.ts'

const step = (n: number) => ({ type: 'step', node: 'train', step: n, 'train/loss': n }) as const
const train = (firstStep: number, fork?: { run: string; step: number }): Event => ({
  ...{
    type: 'train',
    node: 'train',
    steps: 10,
    firstStep,
    parameters: 1,
    compileSeconds: 0,
    fromCache: false,
  },
  ...(fork && { fork }),
})

describe('how a graph differs from the one that ran', () => {
  const changed = (change: (document: GraphDocument) => GraphDocument) => graphChanges(clip(), change(clip()))
  const params = (id: string, more: Readonly<Record<string, unknown>>) => (document: GraphDocument) =>
    withNode(document, id, { ...document.nodes[id]!, params: { ...document.nodes[id]!.params, ...more } })

  test('is said by parameter, wire and node; places, titles and notes are no difference', () => {
    expect(changed(document => document)).toEqual([])
    expect(changed(document => ({ ...document, view: { vision: [5, 5] } }))).toEqual([])
    expect(changed(params('schedule', { rate: 0.5 }))).toEqual([
      expect.stringMatching(/^schedule\.rate \S+ → 0\.5$/),
    ])
    expect(changed(document => ({ ...document, meta: { ...document.meta, seed: 99 } }))).toEqual([
      expect.stringMatching(/^the seed \d+ → 99$/),
    ])
    expect(changed(document => rewired(document, 'train', { optimizer: [] }))).toEqual([
      'train is wired otherwise',
    ])
    const { zero_shot, ...nodes } = clip().nodes
    expect(graphChanges(clip(), { ...clip(), nodes })).toEqual(['zero_shot was removed'])
    expect(graphChanges({ ...clip(), nodes }, clip())).toEqual(['zero_shot was added'])
    expect(
      changed(document => withNode(document, 'loss', { ...document.nodes.loss!, mode: 'muted' })),
    ).toEqual(['loss is muted'])
  })
})

test('a run can be forked where it is held and at its checkpoints, each once, the latest first', async () => {
  const { runsNow, host } = await openWindow()
  await runsNow().start()
  const run = runsNow().shown!
  expect(forkPlaces(shownOf(runsNow()))).toEqual([])
  const checkpoint = (n: number): Event => ({
    type: 'checkpoint',
    node: 'train',
    step: n,
    path: `/c/step-${n}`,
  })
  host.happen(run, { type: 'node', node: 'train', state: 'running' }, train(0), ...[0, 1, 2, 3].map(step))
  host.happen(run, checkpoint(2), checkpoint(4), { type: 'paused', node: 'train', step: 3, reached: 4 })
  host.change(run, { state: 'paused' })
  await new Promise(done => setTimeout(done, 80))
  const places = forkPlaces(shownOf(runsNow()))
  expect(places.map(placeText)).toEqual([
    'step 3 of train, where it is held',
    'step 4 of train',
    'step 2 of train',
  ])
})

test('a fork has the steps before it as the other run’s, once, and is asked for with either graph', async () => {
  const { runsNow, host } = await openWindow()
  await runsNow().start()
  const parent = runsNow().shown!
  host.change(parent, { state: 'completed', endedAt: 1, folder: '/runs/parent' })
  expect(await runsNow().fork({ run: parent, train: 'train', step: 2, paused: false }, 'run')).toBe(true)
  const run = runsNow().shown!
  expect(run).not.toBe(parent)
  expect(host.graphs.get(run)).toBe(clipText)
  const inherited: Event = { type: 'inherited', node: 'train', steps: [step(0), step(1)] }
  const fork = { run: '/runs/parent', step: 2 }
  host.happen(run, train(2, fork), inherited, train(2, fork), inherited, step(2))
  await new Promise(done => setTimeout(done, 80))
  const view = shownOf(runsNow())
  expect(view.info.fork).toEqual({ folder: '/runs/parent', train: 'train', step: 2 })
  const { series, taken, firstStep } = view.trains.get('train')!
  expect({ taken, firstStep, fork: view.trains.get('train')!.fork }).toEqual({ taken: 3, firstStep: 2, fork })
  const { steps, length } = series.get('train/loss')!
  expect([...steps.subarray(0, length)]).toEqual([0, 1, 2])
})

test('a fork that is refused says why, and is not there', async () => {
  const { runsNow, host, toasts } = await openWindow()
  await runsNow().start()
  const run = runsNow().shown!
  host.answers['run.fork'] = () => {
    throw new Refused('not-found', 'There is no such checkpoint.')
  }
  expect(await runsNow().fork({ run, train: 'train', step: 1, paused: false }, 'canvas')).toBe(false)
  expect(runsNow().infos).toHaveLength(1)
  expect(toasts()).toContain('There is no such checkpoint.')
})
