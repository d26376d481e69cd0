import { describe, expect, test } from 'vitest'
import { changeFaults, changesOf, changeText, liveNodes } from '../../src/renderer/runs/live-params.ts'
import { fateOf, type Sent } from '../../src/renderer/runs/live-sent.ts'
import { orderedWeights, shareOf, spanOf, updateRatio } from '../../src/renderer/runs/weight-rows.ts'
import { clip } from '../graph/fixtures.ts'

const edit = (step: number, param: string, value: unknown) => ({
  ...{ train: 'train', node: 'schedule', step, param, value },
  before: null,
})

describe('what can be changed while a Train trains', () => {
  test('are its optimizer, the schedule, its losses and its own limits', () => {
    const nodes = liveNodes(clip(), 'train', [], 0)
    const fields = Object.fromEntries(nodes.map(n => [n.id, n.fields.map(f => f.name)]))
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(['schedule', 'train']))
    expect(fields.schedule).toContain('rate')
    expect(fields.train).toEqual(['clipNorm'])
    expect(Object.keys(fields)).not.toContain('vision')
  })

  test('have the values of the step that the run stands at', () => {
    const rateAt = (taken: number) =>
      liveNodes(clip(), 'train', [edit(5, 'rate', 0.5), edit(8, 'rate', 0.25)], taken)
        .find(n => n.id === 'schedule')!
        .fields.find(f => f.name === 'rate')!.value
    expect([rateAt(5), rateAt(7), rateAt(9)]).toEqual([0.5, 0.5, 0.25])
    expect(rateAt(4)).not.toBe(0.5)
  })

  test('changes are what differs, and are held against the node’s own schema', () => {
    const nodes = liveNodes(clip(), 'train', [edit(0, 'rate', 0.5)], 0)
    const rate = (value: unknown) => ({ node: 'schedule', param: 'rate', value })
    expect(changesOf(nodes, [rate(0.5)])).toEqual([])
    expect(changesOf(nodes, [rate(0.1), { node: 'vision', param: 'width', value: 1 }])).toEqual([rate(0.1)])
    expect(changeFaults(nodes, [rate(0.1)])).toEqual([])
    expect(changeFaults(nodes, [rate(-1)])).toEqual([expect.stringMatching(/^schedule\.rate: /)])
  })

  test('are told with what was before', () => {
    expect(changeText({ node: 'w', param: 'weights', before: [1], value: [1, 0.5] })).toBe(
      'w.weights [1] → [1,0.5]',
    )
    expect(changeText({ node: 's', param: 'kind', before: null, value: 'linear' })).toBe(
      's.kind default → linear',
    )
  })
})

test('changes that were sent wait until they count, or say why they were refused', () => {
  const before: Sent = {
    edits: [],
    log: [{ level: 'warning', message: 'Not changed (train.clipNorm = -1)', refused: true }],
  }
  expect(fateOf(before, before)).toEqual({ is: 'pending' })
  const more = [...before.log, { level: 'warning', message: 'a weight gets no gradient' } as const]
  expect(fateOf(before, { ...before, log: more })).toEqual({ is: 'pending' })
  const why = 'Not changed (loss.chunk = 7): chunks of 7 do not divide 32 rows'
  const refused = { ...before, log: [...more, { level: 'warning', message: why, refused: true } as const] }
  expect(fateOf(before, refused)).toEqual({ is: 'refused', why })
  const edit = { train: 'train', step: 3, node: 'schedule', param: 'rate', value: 1, before: 2 }
  expect(fateOf(before, { ...before, edits: [edit] })).toEqual({ is: 'made' })
})

describe('rows of weights', () => {
  const w = (name: string, gradient: number, weight: number, update: number) => ({
    name,
    gradient,
    weight,
    update,
  })
  const norms = [w('a', 2, 10, 0.1), w('b', 0, 1, 0), w('c', 1, 1, 0.5), w('d', 3, 0, 0)]

  test('come by name, by gradient or by update', () => {
    const names = (order: Parameters<typeof orderedWeights>[1]) =>
      orderedWeights(norms, order).map(n => n.name)
    expect(names('name')).toEqual(['a', 'b', 'c', 'd'])
    expect(names('gradient')).toEqual(['b', 'c', 'a', 'd'])
    expect(names('ratio').slice(0, 2)).toEqual(['c', 'a'])
    // A weight of zeros that did not move has not moved infinitely.
    expect(updateRatio(norms[3]!)).toBe(0)
  })

  test('have bars on a logarithmic scale', () => {
    const span = spanOf([0, 1e-4, 1])
    expect(span).toEqual([-4, 0])
    expect([0, 1e-4, 1e-2, 1, Number.NaN].map(x => shareOf(x, span))).toEqual([0, 0.01, 0.5, 1, 0])
    expect(spanOf([])).toEqual([0, 1])
  })
})
