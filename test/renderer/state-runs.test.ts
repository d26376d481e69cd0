import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/protocol/messages.ts'
import { FakeHost } from './fake-host.ts'
import { CLIP, clipText, openWindow, settle } from './kit.ts'
import { shownOf } from './shown.ts'

const train = (firstStep = 0): Event => ({
  type: 'train',
  node: 'train',
  steps: 10,
  firstStep,
  parameters: 100,
  compileSeconds: 1,
  fromCache: false,
})
const step = (n: number): Event => ({ type: 'step', node: 'train', step: n, 'train/loss': 5 - n })

test('a run that was started is shown and followed as it happens', async () => {
  const { runsNow, host, clock } = await openWindow()
  expect(runsNow().shown).toBeNull()
  await runsNow().start()
  const run = runsNow().shown!
  expect(host.graphs.get(run)).toBe(clipText)
  host.happen(
    run,
    { type: 'node', node: 'train', state: 'running', why: 'it was never trained' },
    train(),
    step(0),
  )
  clock.now += 1_000
  host.happen(run, step(1))
  const view = shownOf(runsNow())
  expect(view.nodes.get('train')).toMatchObject({
    state: 'running',
    fraction: 0.2,
    why: 'it was never trained',
  })
  expect(view.trains.get('train')).toMatchObject({ taken: 2, rate: 1, secondsLeft: 8 })
  expect(view.trains.get('train')!.series.get('train/loss')).toMatchObject({ length: 2 })
})

test('events that come fast make one view, and none is lost', async () => {
  const { runsNow, host, clock } = await openWindow()
  await runsNow().start()
  const run = runsNow().shown!
  clock.now += 1_000
  host.happen(run, train())
  const { revision } = shownOf(runsNow())
  for (let i = 0; i < 10; i++) host.happen(run, step(i))
  expect(shownOf(runsNow()).revision).toBe(revision)
  clock.now += 50
  await new Promise(done => setTimeout(done, 80))
  expect(shownOf(runsNow()).revision).toBe(revision + 1)
  expect(shownOf(runsNow()).trains.get('train')!.taken).toBe(10)
})

test('the last run of a document is shown again from its first event, without a speed', async () => {
  const host = new FakeHost()
  const report = { metrics: { top1: 0.5 } }
  const info = host.addRun(CLIP, clipText, { state: 'completed', endedAt: 2, reports: { zero_shot: report } })
  host.events.get(info.id)!.push(train(), ...Array.from({ length: 10 }, (_, i) => step(i)))
  host.runs.set(info.id, { ...info, events: 11 })
  const { runsNow } = await openWindow({ host })
  await settle()
  await new Promise(done => setTimeout(done, 60))
  const view = shownOf(runsNow())
  expect(view.info.id).toBe(info.id)
  expect(view.trains.get('train')).toMatchObject({ taken: 10, rate: null, secondsLeft: null })
  expect(view.trains.get('train')!.series.has('throughput')).toBe(false)
  expect(view.reports.get('zero_shot')).toEqual(report)
  expect(runsNow().history.map(r => r.id)).toEqual([info.id])
})

test('after a lost connection the run goes on from the event that is missing', async () => {
  const { runsNow, host, clock } = await openWindow()
  await runsNow().start()
  const run = runsNow().shown!
  host.happen(run, train(), step(0), step(1))
  host.drop()
  host.happen(run, step(2), step(3))
  host.asked.length = 0
  host.restore()
  await settle()
  clock.now += 1_000
  host.happen(run, step(4))
  expect(host.asked).toContainEqual({ method: 'run.follow', params: { run, from: 3 } })
  const loss = shownOf(runsNow()).trains.get('train')!.series.get('train/loss')!
  expect([...loss.steps.subarray(0, loss.length)]).toEqual([0, 1, 2, 3, 4])
})

test('what is told of a run while the window opens its document counts', async () => {
  const host = new FakeHost()
  const run = host.addRun(CLIP, clipText, { reports: { zero_shot: { metrics: { top1: 0.5 } } } })
  const open = host.answers['document.open']
  host.answers['runs.list'] = () => new Promise(() => {})
  host.answers['document.open'] = params => {
    host.change(run.id, { state: 'interrupted', endedAt: 5 })
    return open(params)
  }
  const { runsNow } = await openWindow({ host })
  expect(shownOf(runsNow()).info.state).toBe('interrupted')
})

test('an answer about a run is not newer than what was told while it was on its way', async () => {
  const host = new FakeHost()
  const run = host.addRun(CLIP, clipText, { state: 'stopped', endedAt: 5, resumable: true })
  host.answers['run.continue'] = () => {
    const answer = host.change(run.id, { state: 'waiting', endedAt: null })
    host.change(run.id, { state: 'running' })
    return { ...answer, reports: { zero_shot: { metrics: { top1: 0.5 } } } }
  }
  const { runsNow } = await openWindow({ host })
  await runsNow().goOn(run.id)
  expect(shownOf(runsNow()).info.state).toBe('running')
  // What only the answer knows is taken from it.
  expect([...shownOf(runsNow()).reports.keys()]).toEqual(['zero_shot'])

  host.answers['runs.list'] = () => {
    host.emit('run.changed', { run: run.id, info: null })
    return [run]
  }
  const again = await openWindow({ host })
  expect(again.runsNow().history).toEqual([])
})

test('a gap in the events is asked for', async () => {
  const { runsNow, host } = await openWindow()
  await runsNow().start()
  const run = runsNow().shown!
  await settle()
  host.asked.length = 0
  host.emit('run.events', { run, from: 7, events: [step(6)] })
  await settle()
  expect(host.asked).toContainEqual({ method: 'run.follow', params: { run, from: 0 } })
})

describe('which run is shown', () => {
  test('the newest of the document, until another is picked', async () => {
    const host = new FakeHost()
    const old = host.addRun(CLIP, clipText, { state: 'completed', queuedAt: 1, endedAt: 2 })
    const other = host.addRun('/graphs/other.json', clipText, { queuedAt: 9 })
    const { runsNow } = await openWindow({ host })
    expect(runsNow().infos.map(r => r.id)).toEqual([other.id, old.id])
    expect(runsNow().shown).toBe(old.id)
    await runsNow().start()
    const newest = runsNow().shown!
    expect(newest).not.toBe(old.id)
    runsNow().show(old.id)
    expect(runsNow().shown).toBe(old.id)
    runsNow().show(null)
    expect(runsNow().shown).toBe(newest)
  })

  test('not one that was interrupted, or came in a bundle, when nobody knows when it ended', async () => {
    const host = new FakeHost()
    const gone = host.addRun(CLIP, clipText, {
      state: 'interrupted',
      queuedAt: 1,
      startedAt: 1,
      endedAt: null,
    })
    const { runsNow } = await openWindow({ host })
    expect(runsNow().shown).toBe(gone.id)
    await runsNow().start()
    const fresh = runsNow().shown!
    expect(fresh).not.toBe(gone.id)
    host.change(fresh, { state: 'completed', endedAt: Date.now() })
    expect(runsNow().shown).toBe(fresh)
  })

  test('one that runs rather than one that waits behind it', async () => {
    const { runsNow, host } = await openWindow()
    await runsNow().start()
    const running = runsNow().shown!
    const waiting = host.addRun(CLIP, clipText, {
      state: 'waiting',
      queuedAt: Date.now() + 5,
      startedAt: null,
    })
    host.change(waiting.id, {})
    expect(runsNow().shown).toBe(running)
    await runsNow().remove(waiting.id)
    expect(runsNow().infos.map(r => r.id)).toEqual([running])
  })
})

test('control goes to the shown run, and a refusal is said', async () => {
  const { runsNow, host, toasts } = await openWindow()
  await runsNow().start()
  await runsNow().control('pause')
  expect(shownOf(runsNow()).info.state).toBe('paused')
  host.answers['run.control'] = () => {
    throw new Error('no')
  }
  await runsNow().control('resume')
  expect(toasts()).toEqual(['Error: no'])
})

test('what was edited since the run is stale, and so is what reads it', async () => {
  const { runsNow, doc } = await openWindow()
  await runsNow().start()
  expect(runsNow().stale.size).toBe(0)
  doc().run({ type: 'setParam', node: 'adamw', path: ['weightDecay'], value: 0.2 })
  expect([...runsNow().stale].sort()).toEqual(['adamw', 'retrieval', 'train', 'zero_shot'])
  doc().undo()
  expect(runsNow().stale.size).toBe(0)
  doc().run({ type: 'setTitle', node: 'vision', title: 'Eyes' })
  expect(runsNow().stale.size).toBe(0)
  doc().run({ type: 'setMeta', meta: { seed: 8 } })
  expect(runsNow().stale.has('vision')).toBe(true)
})

test('results of a bundle are the author’s', async () => {
  const host = new FakeHost()
  const info = host.addRun(null, clipText, {
    state: 'completed',
    endedAt: 2,
    reports: { zero_shot: { metrics: {} } },
  })
  const open = host.answers['document.open']
  host.answers['document.open'] = async params => ({
    ...(await open(params)),
    bundle: { run: info, verified: false },
  })
  host.answers['run.follow'] = () => {
    throw new Error('not needed')
  }
  const { runsNow } = await openWindow({ host })
  expect(shownOf(runsNow())).toMatchObject({ foreign: true })
  expect(shownOf(runsNow()).reports.has('zero_shot')).toBe(true)
})
