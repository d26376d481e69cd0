import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { readBundle } from '../../src/host/bundle.ts'
import { writeBundle } from '../../src/host/bundle-write.ts'
import type { RunInfo } from '../../src/protocol/workbench.ts'
import {
  eventually,
  graphText,
  makeFolder,
  putGraph,
  REFERENCE,
  startChild,
  startHost,
  type TestWindow,
} from './kit.ts'

async function begin(about: Readonly<Record<string, unknown>>, paused = false, given?: TestWindow) {
  const window = given ?? (await (await startHost()).window())
  const path = putGraph(makeFolder())
  const { id: document } = await window.open(path)
  const start = async (): Promise<RunInfo> => {
    const text = graphText(about)
    const run = await window.ask('run.enqueue', { document, text, options: { ...REFERENCE, paused } })
    await window.ask('run.follow', { run: run.id, from: 0 })
    return run
  }
  const fork = (run: string, step: number, text = graphText(about)) =>
    window.ask('run.fork', { document, text, run, train: 'train', step })
  return { window, path, document, start, fork }
}

const trainOf = (window: TestWindow, run: string) => window.runEvents(run).find(e => e.type === 'train')

test('a fork begins with a checkpoint of a run, in a folder of its own, on the same engine', async () => {
  const { window, document, start, fork } = await begin({ steps: 6, checkpointEvery: 2 })
  const parent = await start()
  await window.untilRun(parent.id, 'completed')
  const { folder } = window.run(parent.id)!
  const other = await fork(parent.id, 4, graphText({ steps: 8 }))
  expect(other).toMatchObject({ fork: { folder, train: 'train', step: 4 } })
  await window.ask('run.follow', { run: other.id, from: 0 })
  await window.untilRun(other.id, 'completed')
  expect(window.run(other.id)!.folder).not.toBe(folder)
  expect(trainOf(window, other.id)).toMatchObject({ firstStep: 4, steps: 8, fork: { run: folder, step: 4 } })
  // Its folder says so, too, to whoever reads it later.
  const [newest] = await window.ask('runs.list', { document })
  expect(newest).toMatchObject({ id: other.id, fork: { folder, train: 'train', step: 4 } })
})

test('a held run commits where it stands, and its fork waits until it has ended, also over a restart', async () => {
  const config = makeFolder()
  const window = await startChild(config)
  const { path, start, fork } = await begin({ steps: 6 }, true, window)
  const parent = await start()
  await window.untilRun(parent.id, 'paused')
  await window.ask('run.control', { run: parent.id, action: 'step', steps: 3 })
  await eventually(() => window.runEvents(parent.id).filter(e => e.type === 'step').length === 3)
  await window.untilRun(parent.id, 'paused')
  const { folder } = window.run(parent.id)!
  expect(existsSync(join(folder!, 'checkpoints'))).toBe(false)
  await expect(fork(parent.id, 2)).rejects.toMatchObject({
    fault: {
      message: expect.stringMatching(
        /no checkpoint of "train" after 2 steps\. The run has been taken on to 3/,
      ),
    },
  })
  const other = await fork(parent.id, 3)
  expect(other.state).toBe('waiting')
  window.process.kill('SIGKILL')
  await window.ended

  const next = await startHost({ config })
  const again = await next.window()
  await again.open(path)
  await again.ask('run.continue', { run: other.id })
  await again.ask('run.follow', { run: other.id, from: 0 })
  await again.untilRun(other.id, 'completed')
  expect(trainOf(again, other.id)).toMatchObject({ firstStep: 3, fork: { run: folder, step: 3 } })
})

test('where there is no such checkpoint the fork is refused, and says what to do', async () => {
  const { window, start, fork } = await begin({ steps: 3, checkpointEvery: 2 })
  const parent = await start()
  await window.untilRun(parent.id, 'completed')
  await expect(fork(parent.id, 1)).rejects.toMatchObject({
    fault: { tag: 'not-found', message: expect.stringContaining('fork it at one of its checkpoints') },
  })
  await expect(fork('nobody', 1)).rejects.toMatchObject({ fault: { tag: 'not-found' } })
})

/** A run's folder as a headless engine leaves it. */
function leave(folder: string, name: string, files: Readonly<Record<string, unknown>>): string {
  const run = join(folder, '.diptych', 'runs', name)
  mkdirSync(join(run, 'reports'), { recursive: true })
  const nodes = { train: { type: 'train', v: 1, params: { steps: 4 } } }
  writeFileSync(join(run, 'graph.json'), JSON.stringify({ ...JSON.parse(graphText()), nodes }))
  const step = (n: number) => JSON.stringify({ type: 'step', node: 'train', step: n, 'train/loss': n })
  writeFileSync(join(run, 'metrics.train.jsonl'), [0, 1, 2, 3].map(n => `${step(n)}\n`).join(''))
  const keys = { format: 'diptych-keys', version: 1, nodes: { train: { engine: 'engine-1 reference' } } }
  writeFileSync(join(run, 'keys.json'), JSON.stringify(keys))
  for (const [file, content] of Object.entries(files)) writeFileSync(join(run, file), JSON.stringify(content))
  return run
}

const FORK = { format: 'diptych-fork', version: 1, run: '../parent', train: 'train', step: 2 }

test('a headless fork is shown with the steps that it took itself apart from those before', async () => {
  const host = await startHost()
  const window = await host.window()
  const folder = makeFolder()
  const path = putGraph(folder)
  const run = leave(folder, '2026-01-02T03-04-05-graph-abcdef', { 'fork.json': FORK })
  const { lastRun } = await window.open(path)
  const parent = join(folder, '.diptych', 'runs', 'parent')
  expect(lastRun).toMatchObject({ id: basename(run), fork: { folder: parent, train: 'train', step: 2 } })
  await window.ask('run.follow', { run: lastRun!.id, from: 0 })
  await eventually(() => window.runEvents(lastRun!.id).length === lastRun!.events)
  const events = window.runEvents(lastRun!.id)
  expect(trainOf(window, lastRun!.id)).toMatchObject({ firstStep: 2, fork: { run: parent, step: 2 } })
  expect(events.flatMap(e => (e.type === 'inherited' ? e.steps.map(s => s.step) : []))).toEqual([0, 1])
  expect(events.flatMap(e => (e.type === 'step' ? [e.step] : []))).toEqual([2, 3])
})

test('a bundle promises a replay of no step that its graph alone has not made', async () => {
  const folder = makeFolder()
  const stepsOf = async (name: string, files: Readonly<Record<string, unknown>>) => {
    const path = join(folder, `${name}.dpt`)
    await writeBundle(leave(folder, name, files), path)
    return (await readBundle(path)).stages.train?.first.map(({ step }) => step)
  }
  const edit = { step: 2, node: 'schedule', param: 'rate', value: 1 }
  expect(await stepsOf('plain', {})).toEqual([0, 1, 2, 3])
  expect(await stepsOf('edited', { 'edits.train.json': [edit] })).toEqual([0, 1])
  expect(await stepsOf('forked', { 'fork.json': FORK })).toBeUndefined()
})
