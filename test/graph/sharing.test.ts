import { describe, expect, test } from 'vitest'
import { moveAverages } from '../../src/graph/compile/state-updates.ts'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { printProgram } from '../../src/ir/print.ts'
import { run, withNoise } from '../nn/scope.ts'
import { shown } from './fixtures.ts'
import { pixelGraph, project } from './pixels.ts'
import { norm, ref, Staged } from './stage-kit.ts'

describe('sharing', () => {
  test('a pattern shares some weights; the others are the node’s own', () => {
    const s = new Staged({
      one: project('batch.image', 2, { bias: true }),
      two: project('batch.other', 2, { bias: true, sharedWith: ref('one'), sharePattern: 'w*' }),
    })
    s.value('two.output')
    expect(s.roles()).toEqual(['weight one/weight [2,3], trained', 'weight two/bias [2], trained'])
  })

  test('constWeights uses live weights, with no gradient to them and no update', () => {
    const s = new Staged({
      live: project('batch.image', 2),
      fixed: project('batch.other', 2, { sharedWith: ref('live'), constWeights: true }),
      norm: norm('fixed.output', { constWeights: true }),
    })
    const y = s.value('fixed.output')
    s.value('norm.output')
    // Only this use of the weights is constant; by itself it trains nothing.
    expect(s.roles()[0]).toBe('weight live/weight [2,3]')
    expect([...s.after()]).toEqual([])
    const [fixed] = gradient(s.b, s.b.sum(y, [0, 1, 2, 3]), [s.weights.value('live/weight')])
    const both = s.b.add(y, s.value('live.output'))
    const [live] = gradient(s.b, s.b.sum(both, [0, 1, 2, 3]), [s.weights.value('live/weight')])
    expect(s.roles()[0]).toBe('weight live/weight [2,3], trained')
    const program = s.program({ fixed: fixed!, live: live! })
    const got = run(program, withNoise(program, { 'batch.image/pixels': new Array(96).fill(51) }))
    expect(Array.from(got.fixed!)).toEqual([0, 0, 0, 0, 0, 0])
    for (const g of got.live!) expect(g).toBeCloseTo(32 * 0.2, 6)
  })

  test('a moving average starts as the weights that it follows and moves towards them', () => {
    const s = new Staged({
      query: project('batch.image', 2),
      key: project('batch.other', 2, { averageOf: ref('query'), averageDecay: 0.75 }),
      again: project('batch.image', 2, { sharedWith: ref('key') }),
    })
    s.value('again.output')
    // It follows the query’s weights, though nothing here reads them.
    expect(s.roles()).toEqual(['average key/weight [2,3] as query/weight', 'weight query/weight [2,3]'])
    s.value('key.output')
    s.value('query.output')
    expect(s.roles()).toEqual([
      'average key/weight [2,3] as query/weight',
      'weight query/weight [2,3], trained',
    ])
    const moved = moveAverages(s.b, s.weights, name => s.b.add(s.weights.value(name), 1))
    expect(printProgram(s.program(moved))).toMatchInlineSnapshot(`
      "program staged(%0:f32[2,3] query/weight, %1:f32[2,3] key/weight) {
        %2:f32[] = constant{values=[0.75]}
        %3:f32[] = constant{values=[1]}
        %4:f32[2,3] = broadcast{shape=[2,3] dims=[]} %3
        %5:f32[2,3] = add %0 %4
        %6:f32[2,3] = sub %5 %1
        %7:f32[] = sub %3 %2
        %8:f32[2,3] = broadcast{shape=[2,3] dims=[]} %7
        %9:f32[2,3] = mul %6 %8
        %10:f32[2,3] = add %1 %9
        return key/weight=%10
      }
      "
    `)
  })

  test('an evaluation takes the average alone', () => {
    const s = new Staged(
      { query: project('batch.image', 2), key: project('batch.other', 2, { averageOf: ref('query') }) },
      { mode: 'eval' },
    )
    s.value('key.output')
    expect(s.roles()).toEqual(['average key/weight [2,3] as query/weight'])
  })

  test('references that can’t be followed are faults on the parameter', () => {
    const faults = (params: Record<string, Record<string, unknown>>) =>
      shown(
        pixelGraph({
          one: project('batch.image', 2, params.one),
          two: project('batch.image', 2, params.two),
          norm: norm('batch.image', params.norm),
        }).diagnostics,
      )
    expect(faults({ two: { averageOf: ref('one') } })).toBe('')
    expect(faults({ two: { averageOf: ref('two') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: a node can’t be the moving average of itself. Remove it."`,
    )
    expect(faults({ two: { averageOf: ref('norm') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: a moving average follows a node of its own type, but this is "layer.projection" and "norm" is "layer.batchNorm""`,
    )
    expect(faults({ two: { averageOf: ref('three') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: it refers to the node "three", which isn't there. There is: data, batch, one, two, norm."`,
    )
    expect(faults({ two: { averageOf: ref('one'), sharedWith: ref('one') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: a node that shares weights is no moving average. Keep one of "sharedWith" and "averageOf"."`,
    )
    expect(faults({ one: { averageOf: ref('two') }, two: { averageOf: ref('one') } })).toMatchInlineSnapshot(
      `"error DT025 node "one" params.averageOf: "two" has no weights of its own: it averages those of "one". One of the two must own the weights."`,
    )
    expect(faults({ one: { sharedWith: ref('two') }, two: { averageOf: ref('one') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: "one" has no weights of its own: it shares those of "two". One of the two must own the weights."`,
    )
  })
})
