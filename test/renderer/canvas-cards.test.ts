import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../src/graph/diagnostic.ts'
import { farTitleSize } from '../../src/renderer/canvas/far-title.ts'
import { faultToShow } from '../../src/renderer/canvas/fault-words.ts'
import { insideKey, readStatus, statusKey } from '../../src/renderer/canvas/status.ts'
import type { NodeRun, RunView, TrainRun } from '../../src/renderer/state/types.ts'

describe('the title from afar', () => {
  it('is as large as the card allows', () => {
    expect(farTitleSize('Train', 184)).toBe(40)
    expect(farTitleSize('Train', 60)).toBeLessThan(30)
  })

  it('has room for its whole words and the status below', () => {
    const size = farTitleSize('Learning-rate schedule', 109)
    expect(size).toBeLessThanOrEqual(28)
    expect(size).toBeGreaterThanOrEqual(20)
    expect(farTitleSize('An incomprehensibly long title of a node', 109)).toBeLessThan(size)
    expect(farTitleSize('x'.repeat(200), 109)).toBe(14)
    expect(farTitleSize('', 109)).toBe(40)
  })
})

describe('the status of a card', () => {
  const trained = { taken: 1224, steps: 3000 } as TrainRun
  const view = (state: RunView['info']['state'], node: NodeRun, train?: TrainRun): RunView =>
    ({
      info: { state },
      nodes: new Map([['a', node]]),
      trains: new Map(train ? [['a', train]] : []),
      pausedAt: null,
    }) as unknown as RunView
  const status = (...args: Parameters<typeof view>) => readStatus(statusKey(view(...args), 'a', false))

  it('is the percentage while a Train works', () => {
    expect(status('running', { state: 'running' }, trained)).toMatchObject({
      text: 'running 40 %',
      at: '',
      fraction: 0.4,
    })
  })

  it('is the percentage and the time that is left while another node works', () => {
    const works: NodeRun = { state: 'running', what: 'embedding', fraction: 0.25, secondsLeft: 75 }
    expect(status('running', works)).toMatchObject({ text: 'running 25 %', at: '1 min 15 s left' })
  })

  it('of a subgraph is that of its nodes together', () => {
    const inside = (...states: NodeRun['state'][]) => {
      const nodes = new Map(states.map((state, i) => [`tower/${i}`, { state }]))
      const run = {
        ...view('running', { state: 'failed' }),
        nodes: nodes.set('towering', { state: 'failed' }),
      }
      return readStatus(insideKey(run, 'tower', false))
    }
    expect(inside('cached', 'done')).toMatchObject({ state: 'done', more: '2 of 2 nodes inside are done' })
    expect(inside('done', 'running', 'waiting', 'waiting')).toMatchObject({
      text: 'running 25 %',
      fraction: 0.25,
    })
    expect(inside('done', 'failed', 'waiting')?.state).toBe('failed')
    expect(inside('done', 'waiting')?.state).toBe('waiting')
    expect(inside()).toBeNull()
    expect(readStatus(insideKey(null, 'tower', false))).toBeNull()
  })

  it('says how far a Train had come when its run ended before it', () => {
    expect(status('interrupted', { state: 'waiting' }, trained)).toMatchObject({
      state: 'interrupted',
      text: 'interrupted',
      at: 'step 1,224',
      fraction: null,
      more: 'interrupted after step 1,224 of 3,000',
    })
    expect(status('stopped', { state: 'waiting' }, trained)).toMatchObject({
      text: 'stopped',
      at: 'step 1,224',
    })
    expect(status('cancelled', { state: 'waiting' })).toMatchObject({ text: 'stopped', at: '' })
    expect(status('waiting', { state: 'waiting' })?.text).toBe('waiting')
    expect(status('failed', { state: 'failed', why: 'out of memory' })).toMatchObject({
      text: 'failed',
      more: 'out of memory',
    })
  })
})

it('leaves it to the port to say that its wire is missing', () => {
  const fault = (code: Diagnostic['code']): Diagnostic => ({ code, severity: 'error', message: code })
  expect(faultToShow([fault('DT021')])).toBeUndefined()
  expect(faultToShow([fault('DT021'), fault('DT030')])?.code).toBe('DT030')
})
