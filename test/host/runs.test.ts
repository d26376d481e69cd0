import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunInfo } from '../../src/protocol/workbench.ts'
import {
  type Connected,
  enqueue,
  eventually,
  graphText,
  isRunning,
  makeFolder,
  putGraph,
  sleep,
  startChild,
  startHost,
  stepsOf,
} from './kit.ts'

test('a run goes through its states, and its events can be followed from any number, also after a restart', async () => {
  const host = await startHost()
  const window = await host.window()
  const path = putGraph(makeFolder())
  const run = await enqueue(window, path, { steps: 30 })
  await window.untilRun(run.id, 'completed')
  await eventually(() => stepsOf(window, run.id).length === 30)
  const info = window.run(run.id)!
  expect(info).toMatchObject({ file: path, attribution: ['Emoji: someone'], resumable: false, failure: null })
  // Lists have a report's numbers, following has the whole.
  expect(info.reports).toEqual({ eval: { metrics: { top1: 0.5 } } })
  expect(window.runEvents(run.id).at(-1)).toMatchObject({ type: 'report', report: { tables: [{}] } })
  const onDisk = readFileSync(join(info.folder!, 'events.jsonl'), 'utf8').trimEnd().split('\n')
  expect(onDisk.map(line => JSON.parse(line))).toEqual(window.runEvents(run.id))
  const kept = () => JSON.parse(readFileSync(join(info.folder!, 'run.json'), 'utf8')) as RunInfo
  await eventually(() => kept().state === 'completed')

  const next = await startHost({ config: host.config })
  const other = await next.window()
  const opened = await other.open(path)
  expect(opened.lastRun).toMatchObject({ id: run.id, state: 'completed', events: onDisk.length })
  expect(opened.lastRun!.reports.eval!.tables).toHaveLength(1)
  const from = onDisk.length - 5
  await other.ask('run.follow', { run: run.id, from })
  await eventually(() => other.runEvents(run.id).length === 5)
  expect(other.events('run.events')[0]!.from).toBe(from)
  expect(await other.ask('run.graph', { run: run.id })).toEqual({ text: graphText({ steps: 30 }) })
  expect(await other.ask('runs.list', { document: opened.id })).toMatchObject([{ id: run.id }])
})

test('pause, step, resume and stop are acknowledged at once, and hold', async () => {
  const host = await startHost()
  const window = await host.window()
  const run = await enqueue(window, putGraph(makeFolder()), { steps: 100_000, stepMs: 2 })
  const control = async (action: 'pause' | 'step' | 'resume' | 'stop', steps?: number) => {
    const began = performance.now()
    const { state } = await window.ask('run.control', { run: run.id, action, steps })
    expect(performance.now() - began).toBeLessThan(50)
    return state
  }
  await eventually(() => stepsOf(window, run.id).length > 3)
  expect(await control('pause')).toBe('pausing')
  await window.untilRun(run.id, 'paused')
  await sleep(100)
  const at = stepsOf(window, run.id).length
  await sleep(100)
  expect(stepsOf(window, run.id)).toHaveLength(at)
  await control('step', 3)
  await eventually(() => stepsOf(window, run.id).length === at + 3)
  await window.untilRun(run.id, 'paused')
  await control('resume')
  await window.untilRun(run.id, 'running')
  expect(await control('stop')).toBe('stopping')
  await window.untilRun(run.id, 'stopped')
  expect(window.run(run.id)).toMatchObject({ resumable: true })
  const over = window.ask('run.control', { run: run.id, action: 'pause' })
  await expect(over).rejects.toMatchObject({ fault: { tag: 'bad-request' } })

  const before = stepsOf(window, run.id).length
  expect(await window.ask('run.continue', { run: run.id })).toMatchObject({ id: run.id })
  await eventually(() => stepsOf(window, run.id).length > before + 3)
  // The same log goes on, with the step that the checkpoint was made at.
  expect(stepsOf(window, run.id)).toEqual(stepsOf(window, run.id).map((_, i) => i))
  await window.ask('run.control', { run: run.id, action: 'cancel' })
  await window.untilRun(run.id, 'cancelled')
})

test('a crash of the engine is told with its reason, and the run goes on from its newest checkpoint', async () => {
  const host = await startHost()
  const window = await host.window()
  const run = await enqueue(window, putGraph(makeFolder()), { steps: 12, checkpointEvery: 4, crashAt: 10 })
  await window.untilRun(run.id, 'interrupted')
  expect(window.run(run.id)).toMatchObject({
    resumable: true,
    failure: { message: expect.stringContaining('SIGKILL') },
  })
  expect(window.events('engine.state').at(-1)).toMatchObject({
    state: 'crashed',
    reason: expect.stringContaining('SIGKILL'),
    log: expect.stringContaining('out of cheese'),
  })
  await window.ask('engine.restart', {})
  await eventually(() => window.events('engine.state').at(-1)?.state === 'ready')
  await window.ask('run.continue', { run: run.id })
  await window.untilRun(run.id, 'completed')
  await eventually(() => stepsOf(window, run.id).length === 14)
  expect(stepsOf(window, run.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11])
  expect(readdirSync(join(dirname(window.run(run.id)!.folder!)))).toHaveLength(1)
})

test('a device that is lost ends the engine, and the run goes on in another one', async () => {
  const host = await startHost()
  const window = await host.window()
  const run = await enqueue(window, putGraph(makeFolder()), { steps: 12, checkpointEvery: 4, lostAt: 10 })
  await window.untilRun(run.id, 'failed')
  expect(window.run(run.id)).toMatchObject({
    resumable: true,
    failure: { message: 'the device was lost', node: 'train' },
  })
  await eventually(() => window.events('engine.state').at(-1)?.state === 'off')
  await window.ask('run.continue', { run: run.id })
  await window.untilRun(run.id, 'completed')
  await eventually(() => stepsOf(window, run.id).length === 14)
  expect(stepsOf(window, run.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11])
})

test('after the host was killed, what ran is interrupted and what waited waits for a word', async () => {
  const config = makeFolder()
  const path = putGraph(makeFolder())
  const child = await startChild(config)
  const running = await enqueue(child, path, { steps: 100_000, checkpointEvery: 2, stepMs: 5 })
  const waiting = await enqueue(child, path, { steps: 3 })
  await eventually(() => stepsOf(child, running.id).length > 6)
  const seen = child.runEvents(running.id)
  const killedAt = Date.now()
  child.process.kill('SIGKILL')
  await child.ended
  await sleep(300)

  const host = await startHost({ config })
  const window = await host.window()
  const runs = (await window.hello()).runs
  expect(runs).toMatchObject([
    // Its engine may have come to commit a checkpoint and end by itself.
    {
      id: running.id,
      state: expect.stringMatching(/^(interrupted|stopped)$/),
      resumable: true,
      file: path,
      // When nobody was there to say so: when it left something last.
      endedAt: expect.closeTo(killedAt, -4),
    },
    { id: waiting.id, state: 'waiting', held: true },
  ])
  await sleep(100)
  expect((await window.hello()).engine.state).toBe('off')
  // The disk had what the window had seen.
  await window.ask('run.follow', { run: running.id, from: 0 })
  await eventually(() => window.runEvents(running.id).length >= seen.length)
  expect(window.runEvents(running.id).slice(0, seen.length)).toEqual(seen)
  // A new run goes by what is held.
  const fresh = await enqueue(window, path, { steps: 1 })
  await window.untilRun(fresh.id, 'completed')
  expect(window.run(waiting.id)).toMatchObject({ state: 'waiting', held: true })
  await window.ask('run.continue', { run: waiting.id })
  await window.untilRun(waiting.id, 'completed')
  await window.ask('run.continue', { run: running.id })
  await window.untilRun(running.id, 'running')
  await window.ask('run.control', { run: running.id, action: 'stop' })
  await window.untilRun(running.id, 'stopped')
})

test('a headless run is shown from what it left, and can be gone on with', async () => {
  const host = await startHost()
  const window = await host.window()
  const folder = makeFolder()
  const path = putGraph(folder)
  const run = join(folder, '.diptych', 'runs', '2026-01-02T03-04-05-graph-abcdef')
  mkdirSync(join(run, 'checkpoints', 'train', 'step-2'), { recursive: true })
  mkdirSync(join(run, 'reports'))
  const text = JSON.stringify({
    ...JSON.parse(graphText({ steps: 4 })),
    nodes: { train: { type: 'train', v: 1, params: { steps: 4 } }, eval: { type: 'evaluation.x', v: 1 } },
  })
  writeFileSync(join(run, 'graph.json'), text)
  const step = (n: number) => JSON.stringify({ type: 'step', node: 'train', step: n, 'train/loss': n })
  writeFileSync(join(run, 'metrics.train.jsonl'), `${step(0)}\n${step(1)}\n${step(2)}\n{"ty`)
  mkdirSync(join(folder, '.diptych', 'runs', '2026-01-02T03-04-05-other-abcdef'))
  const { lastRun, id } = await window.open(path)
  expect(lastRun).toMatchObject({
    id: '2026-01-02T03-04-05-graph-abcdef',
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    state: 'stopped',
    resumable: true,
    events: 7,
  })
  await window.ask('run.follow', { run: lastRun!.id, from: 0 })
  await eventually(() => window.runEvents(lastRun!.id).length === 7)
  expect(window.runEvents(lastRun!.id).map(e => e.type)).toEqual([
    'run',
    'node',
    'train',
    'step',
    'step',
    'step',
    'checkpoint',
  ])
  // `run.continue` uses the file's own folder and graph; following anew shows all of it.
  await window.ask('run.continue', { run: lastRun!.id })
  await window.ask('run.follow', { run: lastRun!.id, from: 0 })
  await eventually(() => window.events('runs.changed').at(-1)?.runs[0]?.state !== 'waiting')
  await eventually(() => existsSync(join(run, 'events.jsonl')))
  const [info] = await window.ask('runs.list', { document: id })
  expect(info).toMatchObject({ id: lastRun!.id, folder: run })
})

test('an engine is put to rest when it has nothing to do, and comes back', async () => {
  const host = await startHost({ engineIdleMs: 150 })
  const window = await host.window()
  const path = putGraph(makeFolder())
  const { id, text } = await window.open(path)
  const read = () => window.ask('schemas.read', { document: id, text })
  expect(await read()).toEqual({
    schemas: {
      'a.dataset': { state: 'known', schema: { fields: { name: { kind: 'text' } } } },
      'b.dataset': { state: 'failed', message: 'there is no such folder' },
    },
  })
  const pid = host.workbench.engine.pid!
  await eventually(() => window.events('engine.state').at(-1)?.state === 'off')
  await eventually(() => !isRunning(pid))
  await read()
  expect(host.workbench.engine.pid).not.toBe(pid)
})

test('of the questions about a document only the newest is answered', async () => {
  const host = await startHost()
  const window = await host.window()
  const { id } = await window.open(putGraph(makeFolder()))
  const read = (checkMs: number) => window.ask('schemas.read', { document: id, text: graphText({ checkMs }) })
  const first = read(3000)
  await sleep(300)
  const [second, third] = [read(1), read(2)]
  const cancelled = { fault: { tag: 'cancelled' } }
  await expect(first).rejects.toMatchObject(cancelled)
  await expect(second).rejects.toMatchObject(cancelled)
  expect(Object.keys((await third).schemas)).toHaveLength(2)
})

test('a run waits for the plugin, or fails with the reason why there is none', async () => {
  let arrive: (problem: string | undefined) => void = () => {}
  let tell: (what: string) => void = () => {}
  const host = await startHost({
    fetchPlugin: (progress, _signal) => {
      tell = progress
      return new Promise(resolve => {
        arrive = resolve
      })
    },
  })
  const window: Connected = await host.window()
  const { id, text } = await window.open(putGraph(makeFolder()))
  const start = () =>
    window.ask('run.enqueue', { document: id, text, options: { engine: 'xla', fresh: false } })
  const run = await start()
  await window.ask('run.follow', { run: run.id, from: 0 })
  tell('plugin: 3 MB of 80 MB')
  await eventually(() => window.runEvents(run.id).length > 0)
  expect(window.runEvents(run.id)).toMatchObject([{ type: 'log', message: 'Waits for the XLA plugin.' }])
  expect(window.run(run.id)!.state).toBe('waiting')
  expect(window.events('plugin.state').at(-1)).toEqual({ state: 'fetching', what: 'plugin: 3 MB of 80 MB' })
  arrive('there is no network')
  await window.untilRun(run.id, 'failed')
  expect(window.run(run.id)!.failure).toMatchObject({ message: 'there is no network' })
  expect(window.events('plugin.state').at(-1)).toEqual({ state: 'missing', problem: 'there is no network' })
  // Asked for again, it is tried again; a run that waits can be taken out.
  const again = await start()
  await eventually(() => window.events('plugin.state').at(-1)?.state === 'fetching')
  await window.ask('run.control', { run: again.id, action: 'cancel' })
  await window.untilRun(again.id, 'cancelled')
  const reference = await enqueue(window, putGraph(makeFolder()), { steps: 1 })
  await window.untilRun(reference.id, 'completed')
})

test('pictures of a run come as bytes, by their own names only', async () => {
  const host = await startHost()
  const window = await host.window()
  const run = await enqueue(window, putGraph(makeFolder()), { steps: 1 })
  await window.untilRun(run.id, 'completed')
  const { folder } = window.run(run.id)!
  mkdirSync(join(folder!, 'pictures'))
  writeFileSync(join(folder!, 'pictures', '0123456789abcdef.webp'), 'RIFF')
  const answer = await window.askBytes('picture.read', { run: run.id, name: '0123456789abcdef.webp' })
  expect(answer.result).toEqual({ mime: 'image/webp' })
  expect(Buffer.from(answer.bytes!).toString()).toBe('RIFF')
  for (const name of ['../graph.json', 'x.webp', '0123456789abcdef.webp/..', '/etc/passwd'])
    await expect(window.ask('picture.read', { run: run.id, name })).rejects.toMatchObject({
      fault: { tag: 'bad-request' },
    })
  const missing = window.ask('picture.read', { run: run.id, name: 'ffffffffffffffff.webp' })
  await expect(missing).rejects.toMatchObject({ fault: { tag: 'not-found' } })
})
