import { expect, test } from 'vitest'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import type { Event } from '../../src/protocol/messages.ts'
import type { Watched, WatchSpec } from '../../src/protocol/watch.ts'
import { looksOf } from '../../src/renderer/runs/ChartsTab.tsx'
import { openWindow, settle } from './kit.ts'
import { shownOf } from './shown.ts'

const train: Event = {
  ...{ type: 'train', node: 'train', steps: 10, firstStep: 0, parameters: 1, compileSeconds: 0 },
  fromCache: false,
}
const seenAt = (step: number, mean: number, count = 1): Event => ({
  ...{ type: 'watch', node: 'train', wire: 'loss.loss', field: 'sum', step },
  stats: { count, min: mean, max: mean, mean, std: 0, nan: 0, infinite: 0, zero: 0 },
})

async function watching() {
  const opened = await openWindow()
  const { host } = opened
  const told = () =>
    host.asked.flatMap(a =>
      a.method === 'run.watch' ? [a.params as { run: string; watches: WatchSpec[] }] : [],
    )
  let step = 0
  host.answers['watch.read'] = ({ watch, train }) => {
    const spec = told()
      .at(-1)!
      .watches.find(w => w.id === watch)!
    return { id: watch, wire: spec.wire, train, step: step++, spec, ms: 1 } satisfies Watched
  }
  const plain = host.bytes
  host.bytes = (method, params) => (method === 'watch.read' ? new Uint8Array([1]) : plain(method, params))
  return { ...opened, told, now: () => opened.watches.getState() }
}

test('a watch is an edit of the file, told to the run that is shown and to no other', async () => {
  const { now, doc, told, runsNow, host } = await watching()
  now().add('vision.feat', 'transformer/resblocks/0/attn/attention')
  expect(doc().document.watches).toEqual([
    { wire: 'vision.feat', inner: 'transformer/resblocks/0/attn/attention', every: 10 },
  ])
  expect(told()).toEqual([])
  await runsNow().start()
  await settle()
  const run = runsNow().shown!
  const spec = {
    wire: 'vision.feat',
    inner: 'transformer/resblocks/0/attn/attention',
    sample: 'next',
    every: 10,
  }
  expect(told()).toEqual([
    { run, watches: [{ id: 'vision.feat transformer/resblocks/0/attn/attention', ...spec }] },
  ])

  now().add('loss.loss')
  now().change('loss.loss', { every: 1, step: 4 })
  now().look('loss.loss', { field: 'sum' })
  expect(told().at(-1)!.watches[1]).toEqual({
    ...{ id: 'loss.loss', wire: 'loss.loss', sample: { step: 4 }, every: 1, field: 'sum' },
  })
  expect(now().active).toBe('loss.loss')
  const count = told().length
  host.happen(run, train)
  await settle()
  // Steps are no reason to say it again.
  expect(told()).toHaveLength(count)
  doc().undo()
  doc().undo()
  expect(now().list).toHaveLength(1)
  expect(told().at(-1)!.watches).toHaveLength(1)
  expect(now().active).toBe('vision.feat transformer/resblocks/0/attn/attention')
})

test('a watch whose node has moved is the same one: what is shown of it stays', async () => {
  const { now, doc } = await watching()
  now().add('vision.feat')
  now().look('vision.feat', { token: 3 })
  now().add('logits.pairs')
  now().show('vision.feat')
  now().change('vision.feat', { scale: 'log' })
  doc().replace(
    makeSubgraph(doc().document, ['vision', 'image_projection'], 'tower').document,
    'Make subgraph',
  )
  doc().enter(['tower'])
  doc().replace(makeSubgraph(doc().document, ['vision'], 'part', 'tower').document, 'Make subgraph')
  expect(now().active).toBe('tower/part/vision.feat')
  expect(now().looks.get('tower/part/vision.feat')).toEqual({ token: 3 })
  expect(now().list[0]).toEqual({ wire: 'tower/part/vision.feat', every: 10, scale: 'log' })
  doc().undo()
  doc().undo()
  expect(now().active).toBe('vision.feat')
  expect(now().looks.get('vision.feat')).toEqual({ token: 3 })
  now().remove('vision.feat')
  expect(now().active).toBe('logits.pairs')
})

test('of attention, the line is its entropy', async () => {
  const { now, runsNow, host, clock } = await watching()
  now().add('vision.feat', 'attention')
  await runsNow().start()
  await settle()
  clock.now += 1000
  const seen = seenAt(0, 0.2, 50) as Extract<Event, { type: 'watch' }>
  const event = { ...seen, wire: 'vision.feat', inner: 'attention', field: '' }
  host.happen(runsNow().shown!, train, { ...event, stats: { ...seen.stats, entropy: 1.25 } })
  const { series } = shownOf(runsNow()).trains.get('train')!
  const line = series.get('watch-entropy/vision.feat attention')!
  expect([...line.values.subarray(0, line.length)]).toEqual([1.25])
  expect(looksOf([...series.keys()]).map(l => l.title)).not.toContain('vision.feat attention')
})

test('a value is read when there is news of it, one at a time, and the newest last', async () => {
  const { now, runsNow, host } = await watching()
  now().add('loss.loss')
  await runsNow().start()
  await settle()
  const run = runsNow().shown!
  for (let i = 0; i < 5; i++) host.emit('run.watched', { run, watch: 'loss.loss', train: 'train', step: i })
  host.emit('run.watched', { run: 'another', watch: 'loss.loss', train: 'train', step: 9 })
  await settle()
  expect(host.asked.filter(a => a.method === 'watch.read')).toHaveLength(2)
  expect(now().seen.get('loss.loss')!.get('train')).toMatchObject({
    watched: { step: 1 },
    bytes: new Uint8Array([1]),
  })
  now().remove('loss.loss')
  expect(now().seen.size).toBe(0)
})

test('a number that is watched is a chart, the mean of a tensor is not', async () => {
  const { now, runsNow, host, clock } = await watching()
  now().add('loss.loss')
  await runsNow().start()
  await settle()
  const run = runsNow().shown!
  clock.now += 1000
  host.happen(run, train, seenAt(0, 3), seenAt(1, 2), seenAt(1, 2.5), {
    ...seenAt(2, 1, 8),
    field: 'x',
  } as Event)
  const { series } = shownOf(runsNow()).trains.get('train')!
  const values = series.get('watch/loss.loss sum')!
  // A step that is made again takes the place of what it was.
  expect([...values.values.subarray(0, values.length)]).toEqual([3, 2.5])
  expect(looksOf([...series.keys()]).map(l => l.title)).toContain('loss.loss sum')
  expect(
    looksOf([...series.keys()])
      .map(l => l.title)
      .join(),
  ).not.toContain('loss.loss x')
})
