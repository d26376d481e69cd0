import { describe, expect, it } from 'vitest'
import type { RunInfo, RunState } from '../../src/protocol/workbench.ts'
import { moveBefore, runRows, turnText } from '../../src/renderer/runs/run-rows.ts'

const run = (id: string, state: RunState, held = false): RunInfo =>
  ({ id, state, held, endedAt: ['waiting', 'running'].includes(state) ? null : 1 }) as RunInfo

describe('the list of runs', () => {
  it('has what runs first, then what waits in the order of its turns, then what ended here', () => {
    const [old, done] = [run('old', 'failed'), run('done', 'completed')]
    const [a, b, other] = [run('a', 'waiting'), run('b', 'waiting'), run('other', 'waiting')]
    const live = run('live', 'running')
    const elsewhere = run('elsewhere', 'completed')
    // Both lists come with the newest first; the queue has turned them round.
    const rows = runRows([b, other, a, live, done, elsewhere], [b, a, live, done, old], ['b', 'other', 'a'])
    expect(rows.map(({ info, turn }) => [info.id, turn])).toEqual([
      ['live', null],
      ['b', 0],
      ['other', 1],
      ['a', 2],
      ['done', null],
      ['old', null],
    ])
  })

  it('counts no turn of a run that is held: others go by it', () => {
    const runs = [run('a', 'waiting', true), run('b', 'waiting'), run('c', 'waiting')]
    expect(runRows(runs, runs, ['a', 'b', 'c']).map(({ turn }) => turn)).toEqual([0, 0, 1])
  })

  it('names turns as people do', () => {
    expect([0, 1, 2, 3, 10, 11, 20, 111].map(turnText)).toEqual([
      'next',
      ...['2nd', '3rd', '4th', '11th', '12th', '21st', '112th'].map(nth => `${nth} in the queue`),
    ])
  })

  it('moves a run by one turn, and none beyond the ends', () => {
    const queue = ['a', 'b', 'c']
    expect(moveBefore(queue, 'b', -1)).toBe('a')
    expect(moveBefore(queue, 'b', 1)).toBeNull()
    expect(moveBefore(queue, 'a', 1)).toBe('c')
    expect(moveBefore(queue, 'a', -1)).toBeUndefined()
    expect(moveBefore(queue, 'c', 1)).toBeUndefined()
    expect(moveBefore(queue, 'nobody', 1)).toBeUndefined()
  })
})
