import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/protocol/messages.ts'
import type { RunInfo } from '../../src/protocol/workbench.ts'
import { RunReducer } from '../../src/renderer/state/run-reducer.ts'
import { StepRate } from '../../src/renderer/state/step-rate.ts'

const info: RunInfo = {
  id: 'r',
  file: null,
  title: '',
  state: 'running',
  queuedAt: 0,
  startedAt: 0,
  endedAt: null,
  folder: null,
  resumable: false,
  failure: null,
  events: 0,
  attribution: [],
  reports: {},
}
const train = (firstStep = 0): Event => ({
  type: 'train',
  node: 'train',
  steps: 1_000,
  firstStep,
  parameters: 1,
  compileSeconds: 0,
  fromCache: false,
})
const step = (n: number, loss = n): Event => ({ type: 'step', node: 'train', step: n, 'train/loss': loss })

function reducer() {
  const r = new RunReducer(info)
  let now = 0
  return {
    r,
    /** Some events, `after` milliseconds later. */
    take: (after: number, ...events: Event[]) => {
      now += after
      expect(r.take(r.next, events, now)).toBe(true)
      return r.view()
    },
  }
}

test('a Batch is done when what it does for its Train is', () => {
  const { take } = reducer()
  const progress = (node: string, done: number): Event => ({
    type: 'progress',
    node,
    what: 'packing',
    done,
    total: 8,
  })
  expect(take(0, progress('batch', 4)).nodes.get('batch')).toMatchObject({ state: 'running', fraction: 0.5 })
  expect(take(1, progress('batch', 8)).nodes.get('batch')).toEqual({ state: 'done' })
  take(1, { type: 'node', node: 'data', state: 'running' }, progress('data', 8))
  expect(take(1).nodes.get('data')).toMatchObject({ state: 'running' })
})

test('what a node works at says how long it will be, once it was seen at it for a second', () => {
  const { r, take } = reducer()
  const progress = (what: string, done: number): Event => ({
    type: 'progress',
    node: 'eval',
    what,
    done,
    total: 100,
  })
  const left = (after: number, ...events: Event[]) => take(after, ...events).nodes.get('eval')?.secondsLeft
  expect(left(0, { type: 'node', node: 'eval', state: 'running' }, progress('embedding', 10))).toBeUndefined()
  expect(left(500, progress('embedding', 20))).toBeUndefined()
  expect(left(1_500, progress('embedding', 50))).toBe(2.5)
  // Something else begins anew.
  expect(left(1_000, progress('scoring', 50))).toBeUndefined()
  expect(left(2_000, progress('scoring', 60))).toBe(8)
  // What happened before anyone looked has no times.
  const late = new RunReducer({ ...info, events: 3 })
  late.take(0, [progress('embedding', 10)], 0)
  late.take(1, [progress('embedding', 20)], 5_000)
  expect(late.view().nodes.get('eval')?.secondsLeft).toBeUndefined()
  expect(r.view().nodes.get('eval')?.secondsLeft).toBe(8)
})

describe('training', () => {
  test('the speed of a run that nobody watched is in the host’s clock', () => {
    const over = new RunReducer({ ...info, state: 'completed', events: 9 })
    const time = (ms: number): Event => ({ type: 'time', ms })
    const events = [train(), step(0), time(1_000), step(1), step(2), time(2_000), time(2_500)]
    const paused: Event[] = [{ type: 'paused', node: 'train', step: 3 }, time(60_000), { type: 'resumed' }]
    over.take(0, [...events, ...paused, step(3), time(60_500), step(4), time(61_000)], 0)
    const training = over.view().trains.get('train')!
    const speed = training.series.get('throughput')!
    expect([...speed.values.slice(0, speed.length)]).toEqual([2, 4 / 3, 2])
    expect(training.rate).toBeNull()
  })

  test('the speed of a run that is watched is in the host’s clock from its first mark on', () => {
    const { take } = reducer()
    // The window's clock is far ahead of the host's, which counts from the start of the run.
    take(1e9, train(), step(0))
    take(100, { type: 'time', ms: 900 })
    take(250, step(1), { type: 'time', ms: 1_150 })
    const { rate, series } = take(250, step(2), { type: 'time', ms: 1_400 }).trains.get('train')!
    expect(rate).toBe(4)
    expect([...series.get('throughput')!.values.slice(0, 2)]).toEqual([4, 4])
  })

  test('what the devices get done is the speed times the operations of a step, where those are known', () => {
    const { take } = reducer()
    const known = { ...train(), facts: { devices: 1, flops: 5e9 } } as Event
    take(0, known, step(0), { type: 'time', ms: 0 })
    const { series } = take(250, step(1), { type: 'time', ms: 250 }).trains.get('train')!
    expect(series.get('throughput')!.values[0]).toBe(4)
    expect(series.get('device/flops_per_sec')!.values[0]).toBe(2e10)
    const { take: again } = reducer()
    again(0, train(), step(0), { type: 'time', ms: 0 })
    const without = again(250, step(1), { type: 'time', ms: 250 }).trains.get('train')!.series
    expect(without.has('throughput')).toBe(true)
    expect(without.has('device/flops_per_sec')).toBe(false)
  })

  test('series grow in place and keep every bit', () => {
    const { take } = reducer()
    const loss = 0.1 + 0.2
    const first = take(0, train(), step(0, loss)).trains.get('train')!.series.get('train/loss')!
    let view = take(10)
    for (let n = 1; n < 1_000; n++) view = take(10, step(n))
    const series = view.trains.get('train')!.series.get('train/loss')!
    expect(series).toBe(first)
    expect(series.length).toBe(1_000)
    expect(series.values[0]).toBe(loss)
    expect(series.steps[999]).toBe(999)
  })

  test('a run that went back stands there, and keeps the numbers of later steps', () => {
    const { take } = reducer()
    const paused = (at: number, reached: number, kept: number[]): Event => ({
      ...{ type: 'paused', node: 'train', step: at },
      ...{ reached, kept },
    })
    take(0, train(), step(0), step(1), step(2), step(3), paused(4, 4, [0, 4]))
    const back = take(9, { type: 'resumed' }, paused(1, 4, [0, 1, 4]), { type: 'time', ms: 900 })
    expect(back.trains.get('train')).toMatchObject({ taken: 1, reached: 4, kept: [0, 1, 4] })
    expect(back.trains.get('train')!.series.get('train/loss')!.length).toBe(4)
    expect(back.pausedAt).toEqual({ node: 'train', step: 1 })
    const on = take(9, { type: 'resumed' }, step(4)).trains.get('train')!
    expect(on).toMatchObject({ taken: 5, reached: 5 })
    expect([...on.series.get('train/loss')!.values.subarray(0, 5)]).toEqual([0, 1, 2, 3, 4])
  })

  test('an edit begins another way: what was beyond it is forgotten, and so are edits of the way that was left', () => {
    const { take } = reducer()
    const edited = (at: number, value: number): Event => ({
      ...{ type: 'edited', node: 'train', step: at },
      changes: [{ node: 'schedule', param: 'rate', before: 1, value }],
    })
    take(0, train(), step(0), step(1), edited(2, 5), step(2), step(3), {
      ...{ type: 'checkpoint', node: 'train', step: 4, path: '' },
    })
    const { edits, checkpoints, trains } = take(9, edited(1, 7))
    expect(edits).toEqual([{ train: 'train', step: 1, node: 'schedule', param: 'rate', before: 1, value: 7 }])
    expect(checkpoints).toEqual([])
    expect(trains.get('train')).toMatchObject({ taken: 1, reached: 1 })
    expect(trains.get('train')!.series.get('train/loss')!.length).toBe(1)
  })

  test('the weights are those that were looked at last', () => {
    const { take } = reducer()
    const norms = [{ name: 'vision/w', gradient: 1, weight: 2, update: 0.1 }]
    const seen = take(0, train(), { type: 'weights', node: 'train', step: 3, weights: norms })
    expect(seen.weights).toEqual({ node: 'train', step: 3, norms })
  })

  test('the hash of a state is the one that was asked for last', () => {
    const { take } = reducer()
    expect(take(0, train()).stateHash).toBeNull()
    const state = { node: 'train', step: 3, hash: 'ab' } as const
    expect(take(0, { type: 'state', ...state }).stateHash).toEqual(state)
  })

  test('going on from a checkpoint forgets the steps after it', () => {
    const { take } = reducer()
    take(0, train(), step(0), step(1), step(2, 99), step(3, 99))
    const { series, taken } = take(1_000, train(2), step(2, 7)).trains.get('train')!
    expect(taken).toBe(3)
    expect([...series.get('train/loss')!.values.subarray(0, 3)]).toEqual([0, 1, 7])
    expect(series.get('train/loss')!.length).toBe(3)
  })

  test('a loss that is not a number is one of the series', () => {
    const { take } = reducer()
    const nan = { type: 'step', node: 'train', step: 0, 'train/loss': null } as unknown as Event
    const series = take(0, train(), nan).trains.get('train')!.series.get('train/loss')!
    expect(series.values[0]).toBeNaN()
  })

  test('speed leaves pauses out', () => {
    const { take, r } = reducer()
    take(0, train(), step(0))
    expect(take(1_000, step(1)).trains.get('train')).toMatchObject({ rate: 1, secondsLeft: 998 })
    expect(take(0, { type: 'paused', node: 'train', step: 2 }).trains.get('train')).toMatchObject({
      rate: null,
    })
    expect(r.view().pausedAt).toEqual({ node: 'train', step: 2 })
    take(60_000, { type: 'resumed' })
    take(1_000, step(2))
    expect(take(1_000, step(3)).trains.get('train')!.rate).toBe(1)
  })

  test('an event that comes twice counts once, a gap is refused', () => {
    const { r } = reducer()
    r.take(0, [train(), step(0)], 0)
    expect(r.take(1, [step(0), step(1)], 1)).toBe(true)
    expect(r.take(5, [step(4)], 2)).toBe(false)
    expect(r.next).toBe(3)
    expect(r.view().trains.get('train')!.series.get('train/loss')!.length).toBe(2)
  })
})

test('what did not change stays the same object', () => {
  const { take } = reducer()
  const before = take(0, train(), { type: 'node', node: 'a', state: 'cached', why: 'x' }, step(0))
  const after = take(100, step(1))
  expect(after.nodes.get('a')).toBe(before.nodes.get('a'))
  expect(after.reports).toBe(before.reports)
  expect(after.log).toBe(before.log)
  expect(after.trains.get('train')).not.toBe(before.trains.get('train'))
  expect(after.revision).toBe(before.revision + 1)
})

test('progress, checkpoints, reports and the log', () => {
  const { take } = reducer()
  const view = take(
    0,
    { type: 'progress', node: 'pairs', what: 'packing', done: 5, total: 20 },
    { type: 'checkpoint', node: 'train', step: 100, path: '/x' },
    { type: 'report', node: 'zero_shot', report: { metrics: { top1: 1 } } },
    { type: 'log', level: 'warning', node: 'pairs', message: '3 rows skipped' },
  )
  expect(view.nodes.get('pairs')).toEqual({ state: 'running', what: 'packing', fraction: 0.25 })
  expect(view.checkpoints).toEqual([{ node: 'train', step: 100 }])
  expect(view.reports.get('zero_shot')!.metrics.top1).toBe(1)
  expect(view.log).toEqual([{ level: 'warning', node: 'pairs', message: '3 rows skipped' }])
})

test('when a run fails, its node says so and nothing runs any more', () => {
  const { take, r } = reducer()
  take(0, { type: 'node', node: 'a', state: 'running' }, { type: 'node', node: 'b', state: 'running' })
  r.inform({ ...info, state: 'failed', endedAt: 1, failure: { message: 'no', node: 'b', diagnostics: [] } })
  const { nodes } = r.view()
  expect(nodes.get('a')!.state).toBe('waiting')
  expect(nodes.get('b')).toEqual({ state: 'failed', why: 'no' })
})

test('speed needs two samples and follows the last seconds', () => {
  const rate = new StepRate()
  expect(rate.perSecond).toBeNull()
  rate.add(0, 0)
  expect(rate.perSecond).toBeNull()
  for (let t = 1; t <= 10; t++) rate.add(t * 1_000, t)
  expect(rate.perSecond).toBeCloseTo(1)
  for (let t = 11; t <= 20; t++) rate.add(t * 1_000, 10 + (t - 10) * 5)
  expect(rate.perSecond).toBeCloseTo(5)
  // It went back to a checkpoint.
  rate.add(21_000, 20)
  expect(rate.perSecond).toBeNull()
})
