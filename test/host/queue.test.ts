import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  enqueue,
  eventually,
  graphText,
  makeFolder,
  putGraph,
  startChild,
  startHost,
  stepsOf,
  type TestWindow,
} from './kit.ts'

test('one run at a time, in order; waiting ones can be removed and cancelled; paused from the start', async () => {
  const host = await startHost()
  const window = await host.window()
  const path = putGraph(makeFolder())
  const first = await enqueue(window, path, { steps: 5 }, { paused: true })
  const [second, third, fourth] = [
    await enqueue(window, path, { steps: 2 }),
    await enqueue(window, path, { fail: 'no such data' }),
    await enqueue(window, path, { steps: 2 }),
  ]
  await window.untilRun(first.id, 'paused')
  expect(stepsOf(window, first.id)).toEqual([])
  expect(second.state).toBe('waiting')
  await window.ask('run.remove', { run: second.id })
  await window.ask('run.control', { run: fourth.id, action: 'cancel' })
  await window.ask('run.control', { run: first.id, action: 'resume' })
  await window.untilRun(third.id, 'failed')
  expect(window.run(third.id)!.failure).toEqual({ message: 'no such data', node: 'train', diagnostics: [] })
  expect(window.run(fourth.id)!.state).toBe('cancelled')
  expect(window.run(second.id)).toBeUndefined()
})

test('runs that wait change places, run in that order, and keep it over a restart', async () => {
  const config = makeFolder()
  const path = putGraph(makeFolder())
  const child = await startChild(config)
  const running = await enqueue(child, path, { steps: 100_000, stepMs: 5 })
  const [a, b, c] = [
    await enqueue(child, path, { steps: 1 }),
    await enqueue(child, path, { steps: 2 }),
    await enqueue(child, path, { steps: 3 }),
  ]
  await child.untilRun(running.id, 'running')
  const order = (window: TestWindow) =>
    window
      .events('runs.changed')
      .at(-1)!
      .runs.flatMap(r => (r.state === 'waiting' ? [r.id] : []))
  await child.ask('run.move', { run: c.id, before: a.id })
  await eventually(() => order(child).join() === [c.id, a.id, b.id].join())
  await child.ask('run.move', { run: a.id, before: null })
  await eventually(() => order(child).join() === [c.id, b.id, a.id].join())
  for (const refused of [
    { run: running.id, before: null },
    { run: a.id, before: running.id },
    { run: 'nobody', before: null },
  ])
    await expect(child.ask('run.move', refused)).rejects.toMatchObject({ fault: { tag: 'bad-request' } })
  child.process.kill('SIGKILL')
  await child.ended

  const host = await startHost({ config })
  const window = await host.window()
  const waiting = (await window.hello()).runs.filter(r => r.state === 'waiting')
  expect(waiting.map(r => r.id)).toEqual([c.id, b.id, a.id])
  for (const { id } of waiting) await window.ask('run.continue', { run: id })
  await window.untilRun(a.id, 'completed')
  const begun = [c, b, a].map(({ id }) => window.run(id)!.startedAt!)
  expect(begun).toEqual([...begun].sort((x, y) => x - y))
})

test('a run gets a name, here and after a restart, and is deleted with its folder', async () => {
  const host = await startHost()
  const [window, other] = [await host.window(), await host.window()]
  const path = putGraph(makeFolder())
  const live = await enqueue(window, path, { steps: 100_000, stepMs: 5 })
  await window.untilRun(live.id, 'running')
  expect(await window.ask('run.rename', { run: live.id, title: '  the good one ' })).toMatchObject({
    title: 'the good one',
  })
  await eventually(() => other.events('run.changed').at(-1)?.info?.title === 'the good one')
  await expect(window.ask('run.rename', { run: live.id, title: ' ' })).rejects.toMatchObject({
    fault: { tag: 'bad-request' },
  })
  await expect(window.ask('run.delete', { run: live.id })).rejects.toMatchObject({
    fault: { tag: 'bad-request', message: 'This run is not over: stop it first.' },
  })
  await window.ask('run.control', { run: live.id, action: 'stop' })
  await window.untilRun(live.id, 'stopped')
  const { folder } = window.run(live.id)!
  // A fork that has not begun still needs its weights.
  const held = await enqueue(window, path, { steps: 100_000, stepMs: 5 })
  await window.untilRun(held.id, 'running')
  const document = (await window.open(path)).id
  const step = Number(readdirSync(join(folder!, 'checkpoints', 'train'))[0]!.slice('step-'.length))
  const ask = { document, text: graphText({ steps: 5 }), run: live.id, train: 'train', step }
  const fork = await window.ask('run.fork', ask)
  await expect(window.ask('run.delete', { run: live.id })).rejects.toMatchObject({
    fault: { tag: 'bad-request', message: expect.stringContaining('A fork of it waits') },
  })
  await window.ask('run.remove', { run: fork.id })
  await window.ask('run.control', { run: held.id, action: 'cancel' })
  await window.untilRun(held.id, 'cancelled')
  await host.workbench.close('cancel')

  const next = await startHost({ config: host.config })
  const later = await next.window()
  const opened = await later.open(path)
  const list = () => later.ask('runs.list', { document: opened.id })
  expect((await list()).find(r => r.id === live.id)).toMatchObject({
    title: 'the good one',
    loss: expect.any(Number),
  })
  await later.ask('run.rename', { run: live.id, title: 'the best one' })
  expect((await list()).find(r => r.id === live.id)?.title).toBe('the best one')
  // Someone else is at it: this process stands for a command that nobody here started.
  writeFileSync(join(folder!, '.lock'), String(process.pid))
  await expect(later.ask('run.delete', { run: live.id })).rejects.toMatchObject({
    fault: { message: expect.stringContaining('is still writing to') },
  })
  rmSync(join(folder!, '.lock'))
  await later.ask('run.delete', { run: live.id })
  expect(later.events('run.changed').at(-1)).toEqual({ run: live.id, info: null })
  expect((await list()).map(r => r.id)).not.toContain(live.id)
  expect(existsSync(folder!)).toBe(false)
  expect(readdirSync(dirname(folder!)).some(name => name.startsWith('.deleted'))).toBe(false)
})

test('a queue that was being taken over when that host was killed is taken over by the next, once', async () => {
  const config = makeFolder()
  const path = putGraph(makeFolder())
  const child = await startChild(config)
  const running = await enqueue(child, path, { steps: 100_000, stepMs: 5 })
  const waiting = await enqueue(child, path, { steps: 3 })
  await eventually(() => stepsOf(child, running.id).length > 2)
  child.process.kill('SIGKILL')
  await child.ended
  const queues = join(config, 'queues')
  const [name] = readdirSync(queues)
  // One before the copy was written, one after.
  renameSync(join(queues, name!), join(queues, `${name}.${name!.replace('.json', '')}.claimed`))
  copyFileSync(join(queues, `${name}.${name!.replace('.json', '')}.claimed`), join(queues, name!))
  const host = await startHost({ config })
  const { runs } = await (await host.window()).hello()
  expect(runs).toMatchObject([{ id: running.id }, { id: waiting.id, state: 'waiting', held: true }])
  expect(runs).toHaveLength(2)
  expect(readdirSync(queues)).toHaveLength(1)
})
