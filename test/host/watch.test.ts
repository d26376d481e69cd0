import { expect, test } from 'vitest'
import type { WatchSpec } from '../../src/protocol/watch.ts'
import { eventually, graphText, makeFolder, putGraph, startHost } from './kit.ts'

const spec = (id: string): WatchSpec => ({ id, wire: `${id}.output`, sample: 'next', every: 1 })

test('what is watched reaches every window as a notice, and its bytes when it is asked for', async () => {
  const host = await startHost()
  const [window, other] = [await host.window(), await host.window()]
  const { id } = await window.open(putGraph(makeFolder(), { steps: 5 }))
  await other.hello()
  const options = { engine: 'reference', fresh: true, paused: true } as const
  const about = { steps: 5 }
  const run = await window.ask('run.enqueue', { document: id, text: graphText(about), options })
  // Told while it may still wait.
  await window.ask('run.watch', { run: run.id, watches: [spec('a'), spec('b')] })
  await window.untilRun(run.id, 'paused')
  await eventually(() => other.events('run.watched').some(n => n.watch === 'b'))
  expect(other.events('run.watched')).toContainEqual({ run: run.id, watch: 'b', train: 'train', step: 3 })
  const read = (watch: string) => window.askBytes('watch.read', { run: run.id, watch, train: 'train' })
  const { result, bytes } = await read('b')
  expect(result).toMatchObject({ id: 'b', wire: 'b.output', step: 3 })
  expect([...bytes!]).toEqual([1, 1])

  // What is no longer watched is let go.
  await window.ask('run.watch', { run: run.id, watches: [spec('b')] })
  await expect(read('a')).rejects.toThrow('Nothing was seen')
  await window.ask('run.control', { run: run.id, action: 'resume' })
  await window.untilRun(run.id, 'completed')
  // A run that is over shows what was seen last, whatever is asked.
  const left = await window.ask('run.watch', { run: run.id, watches: [spec('c')] })
  expect(left).toEqual([{ watch: 'b', train: 'train', step: 3 }])
  expect([...(await read('b')).bytes!]).toEqual([0])
})

test('a watch that is no watch is refused', async () => {
  const window = await (await startHost()).window()
  await window.hello()
  const many = Array.from({ length: 17 }, (_, i) => spec(`w${i}`))
  const wrong = [
    { ...spec('a'), every: -1 },
    { ...spec('a'), cell: [1] as never },
    { ...spec('a'), more: 1 },
  ]
  for (const watches of [many, ...wrong.map(w => [w])])
    await expect(window.ask('run.watch', { run: 'x', watches })).rejects.toThrow('bad-request')
  expect(await window.ask('run.watch', { run: 'x', watches: [spec('a')] })).toEqual([])
})
