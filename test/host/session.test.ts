import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RunLog } from '../../src/host/run-log.ts'
import { decodeBinary, encodeBinary } from '../../src/protocol/frames.ts'
import type { Event } from '../../src/protocol/messages.ts'
import {
  eventually,
  graphText,
  isRunning,
  makeFolder,
  putGraph,
  sleep,
  startChild,
  startHost,
} from './kit.ts'

test('nothing that a window sends does harm', async () => {
  const host = await startHost()
  const window = await host.window()
  for (const frame of [
    null,
    1,
    'x',
    [],
    {},
    { id: 'a' },
    { id: -1, method: 'x' },
    { cancel: 99 },
    { cancel: 'x' },
  ])
    window.send(frame)
  const cases: [string, unknown][] = [
    ['nothing.such', {}],
    ['__proto__', {}],
    ['constructor', {}],
    ['document.open', undefined],
    ['document.open', { path: 'relative.json' }],
    ['document.open', { path: '/a\0b' }],
    ['document.open', { path: '/a', more: 1 }],
    ['document.journal', { document: 'x', command: { no: 'type' } }],
    ['run.control', { run: 'x', action: 'explode' }],
    ['run.follow', { run: 'x', from: -1 }],
    ['settings.write', { theme: 'pink' }],
  ]
  for (const [method, params] of cases) {
    const { frame } = await window.raw({ id: window.nextId, method, params })
    expect(frame, method).toMatchObject({ ok: false, fault: { tag: 'bad-request' } })
  }
  const { frame } = await window.raw({ id: window.nextId, method: 7 })
  expect(frame).toMatchObject({ ok: false, fault: { tag: 'bad-request' } })
  expect(await window.hello()).toMatchObject({ version: '0', shell: 'browser' })
})

test('a connection begins with hello, and hears nothing before', async () => {
  const host = await startHost()
  const frames: unknown[] = []
  const end = host.workbench.connect({
    send: frame => void frames.push(frame),
    buffered: 0,
    drained: () => Promise.resolve(),
    close: () => {},
  })
  end.receive({ id: 1, method: 'graphs.list', params: {} })
  host.workbench.changeSettings({ theme: 'dark' })
  await eventually(() => frames.length === 1)
  expect(frames).toMatchObject([{ id: 1, ok: false, fault: { tag: 'bad-request' } }])
  end.closed()
})

test('a request that nobody waits for any more is answered so', async () => {
  const host = await startHost()
  const window = await host.window()
  const { id: document } = await window.open(putGraph(makeFolder()))
  const id = window.nextId
  const params = { document, text: graphText({ checkMs: 5000 }) }
  const answer = window.raw({ id, method: 'schemas.read', params })
  await sleep(250)
  window.send({ cancel: id })
  const began = Date.now()
  expect((await answer).frame).toMatchObject({ id, ok: false, fault: { tag: 'cancelled' } })
  expect(Date.now() - began).toBeLessThan(500)
})

test('what an engine has not lived to say of the sources, the next one is asked; but not a third', async () => {
  const host = await startHost()
  const window = await host.window()
  const folder = makeFolder()
  const { id: document } = await window.open(putGraph(folder))
  const read = (times: number) => {
    const text = graphText({ diesChecking: { times, counts: join(folder, `died-${times}`) } })
    return window.ask('schemas.read', { document, text })
  }
  expect((await read(1)).schemas).toMatchObject({ 'a.dataset': { state: 'known' } })
  await expect(read(2)).rejects.toThrow(/The engine crashed \(signal SIGKILL\)/)
  expect((await read(2)).schemas).toMatchObject({ 'a.dataset': { state: 'known' } })
})

test('a window that lags gets nothing until it has kept up, and then all of it', async () => {
  const host = await startHost()
  const [slow, quick] = [await host.window(), await host.window()]
  const { id, text: _ } = await slow.open(putGraph(makeFolder()))
  const text = graphText({ steps: 400, stepMs: 1 })
  const run = await slow.ask('run.enqueue', {
    document: id,
    text,
    options: { engine: 'reference', fresh: false },
  })
  for (const window of [slow, quick]) await window.ask('run.follow', { run: run.id, from: 0 })
  await eventually(() => slow.runEvents(run.id).length > 20)
  slow.lag(2 << 20)
  await sleep(120)
  const frames = slow.frames.length
  await quick.untilRun(run.id, 'completed')
  expect(slow.frames).toHaveLength(frames)
  // Answers still come: they were asked for.
  await slow.ask('graphs.list', {})
  slow.lag(0)
  await slow.untilRun(run.id, 'completed')
  await eventually(() => slow.runEvents(run.id).length === quick.runEvents(run.id).length)
  expect(slow.runEvents(run.id)).toEqual(quick.runEvents(run.id))
  // Of the states that it has missed it got the newest only.
  expect(slow.events('runs.changed').length).toBeLessThan(quick.events('runs.changed').length)
  await slow.ask('run.unfollow', { run: run.id })
})

test('no more than 20 batches a second', async () => {
  // Made first, so that it is there until the host has ended.
  const folder = makeFolder()
  const host = await startHost()
  const window = await host.window()
  const { id } = await window.open(putGraph(folder))
  const text = graphText({ steps: 100_000, stepMs: 1 })
  const run = await window.ask('run.enqueue', {
    document: id,
    text,
    options: { engine: 'reference', fresh: false },
  })
  await window.ask('run.follow', { run: run.id, from: 0 })
  await window.untilRun(run.id, 'running')
  const before = window.events('run.events').length
  await sleep(1000)
  expect(window.events('run.events').length - before).toBeLessThanOrEqual(21)
})

test('a run of any length can be read from anywhere', async () => {
  const folder = makeFolder()
  const log = new RunLog()
  const event = (step: number): Event => ({ type: 'step', node: 'n', step, 'train/loss': step / 7 })
  log.append([event(0)])
  await log.flush()
  await log.attach(folder)
  const COUNT = 30_000
  for (let i = 1; i < COUNT; i += 1000) {
    log.append(Array.from({ length: Math.min(1000, COUNT - i) }, (_, k) => event(i + k)))
    await log.flush()
  }
  expect(log.length).toBe(COUNT)
  const check = async (source: RunLog) => {
    for (const from of [0, 1, 511, 512, 513, 10_000, COUNT - 10_000, COUNT - 3]) {
      const events = await source.read(from, 1500)
      expect(events).toEqual(Array.from({ length: Math.min(1500, COUNT - from) }, (_, k) => event(from + k)))
    }
    expect(await source.read(COUNT, 5)).toEqual([])
  }
  await check(log)
  await log.close()
  // A crash leaves half a line, which the next write cuts off.
  const path = join(folder, 'events.jsonl')
  appendFileSync(path, '{"type":"st')
  const again = await RunLog.open(folder)
  expect(again.length).toBe(COUNT)
  await check(again)
  again.append([event(COUNT)])
  await again.close()
  expect(await again.read(COUNT, 5)).toEqual([event(COUNT)])
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(COUNT + 1)
})

test('frames with bytes arrive whole', () => {
  const frame = { id: 1, ok: true, result: { mime: 'image/webp' } } as const
  const whole = encodeBinary(frame, new Uint8Array([1, 2, 3]))
  expect(decodeBinary(whole)).toEqual({ frame, bytes: new Uint8Array([1, 2, 3]) })
  expect(() => decodeBinary(whole.subarray(0, 10))).toThrow(RangeError)
})

test('the last window is closed: a checkpoint, and nothing is left', async () => {
  const config = makeFolder()
  const path = putGraph(makeFolder())
  const child = await startChild(config)
  const { id } = await child.open(path)
  const text = graphText({ steps: 100_000, stepMs: 5 })
  const run = await child.ask('run.enqueue', {
    document: id,
    text,
    options: { engine: 'reference', fresh: false },
  })
  await child.ask('run.follow', { run: run.id, from: 0 })
  await eventually(() => child.runEvents(run.id).length > 5)
  const engine = Number(
    readFileSync(`/proc/${child.process.pid}/task/${child.process.pid}/children`, 'utf8').trim(),
  )
  expect(isRunning(engine)).toBe(true)
  child.process.stdin!.end()
  expect(await child.ended).toBe(0)
  await eventually(() => !isRunning(engine))

  const host = await startHost({ config })
  const { lastRun } = await (await host.window()).open(path)
  expect(lastRun).toMatchObject({ id: run.id, state: 'stopped', resumable: true })
})

test('a reload within the time of grace changes nothing; go on means go on', async () => {
  let idle = 0
  const host = await startHost({ whenClosed: 'stop', graceMs: 200, onIdle: () => idle++ })
  const window = await host.window()
  window.drop()
  await sleep(50)
  const other = await host.window()
  await sleep(300)
  expect(idle).toBe(0)
  other.drop()
  await eventually(() => idle === 1)

  const patient = await startHost({ whenClosed: 'go-on', graceMs: 50 })
  const last = await patient.window()
  const { id } = await last.open(putGraph(makeFolder()))
  const text = graphText({ steps: 40, stepMs: 10 })
  const run = await last.ask('run.enqueue', {
    document: id,
    text,
    options: { engine: 'reference', fresh: false },
  })
  last.drop()
  await sleep(150)
  const back = await patient.window()
  await eventually(() => back.run(run.id)?.state === 'completed')
})
