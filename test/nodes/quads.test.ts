import { expect, it, test } from 'vitest'
import { judgeQuad } from '../../src/nodes/evaluation/quads.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'
import { contextOf, evaluate } from './evaluation-kit.ts'

/** Rows whose scores [caption, picture] are given: a picture is (row, which), a caption the same. */
const recorded = (scores: readonly (readonly number[])[], kinds?: readonly number[]) => {
  const ids = scores.map((_, row) => row)
  const asNumbers = (text: string) => text.split(' ').map(Number)
  return contextOf({
    pictures: { image: ids.map(row => [row, 0]), image_b: ids.map(row => [row, 1]) },
    texts: { caption: ids.map(row => [`${row} 0`]), caption_b: ids.map(row => [`${row} 1`]) },
    textRows: asked => asked!.map(asNumbers),
    // A picture and a caption of different rows must never be compared.
    score: ([row, i], [other, c]) => (row === other ? scores[row!]![2 * c! + i!]! : 99),
    ...(kinds && { categories: { kind: { classes: ['swap', 'other'], values: kinds } } }),
  })
}

interface Case {
  readonly remark: string
  readonly scores: GoldenArray
  readonly text: number
  readonly image: number
  readonly group: number
}

describeGolden<{ quads: readonly Case[] }>('compositional', golden => {
  test.each(golden.quads.map(c => [c.remark, c] as const))('quads, %s: Winoground', async (_, c) => {
    const scores = Array.from({ length: c.scores.shape[0]! }, (_, i) => c.scores.data.slice(4 * i, 4 * i + 4))
    const { metrics, items } = await evaluate('evaluation.quads', {}, recorded(scores))
    for (const name of ['text', 'image', 'group'] as const) {
      expect(metrics[name], name).toBeCloseTo(c[name], 12)
      expect(items![name]).toHaveLength(scores.length)
    }
  })
})

it('chance is what all orders of four scores give', () => {
  const orders = [0, 1, 2, 3].flatMap(a =>
    [0, 1, 2, 3].flatMap(b => [0, 1, 2, 3].flatMap(c => [0, 1, 2, 3].map(d => [a, b, c, d] as const))),
  )
  const distinct = orders.filter(o => new Set(o).size === 4)
  const judged = distinct.map(([s00, s01, s10, s11]) => judgeQuad({ s00, s01, s10, s11 }))
  const share = (name: 'text' | 'image' | 'group') => judged.filter(j => j[name]).length / judged.length
  expect([share('text'), share('image'), share('group')]).toEqual([1 / 4, 1 / 4, 1 / 6])
})

it('a scorer that adds a part of the caption and one of the picture gets nothing', () => {
  for (const [f0, f1, g0, g1] of [
    [1, 2, 3, 5],
    [2, 1, 0, 0.5],
    [0, 0, 1, 2],
  ] as const)
    expect(judgeQuad({ s00: f0 + g0, s01: f0 + g1, s10: f1 + g0, s11: f1 + g1 })).toEqual({
      text: 0,
      image: 0,
      group: 0,
    })
})

it('NaN wins nothing, ties are counted, kinds are told apart', async () => {
  const context = recorded(
    [
      [2, 1, 1, 2],
      [Number.NaN, 1, 1, 2],
      [1, 1, 1, 1],
      [2, 1, 0, 0.5],
    ],
    [0, 0, 1, 0],
  )
  const { metrics, warnings, matrices } = await evaluate('evaluation.quads', { kind: 'kind' }, context)
  expect(metrics).toMatchObject({
    text: 0.25,
    image: 0.5,
    group: 0.25,
    ties: 1,
    nan: 1,
    n: 4,
    'image/other': 0,
  })
  expect(metrics['text/swap']).toBeCloseTo(1 / 3, 12)
  expect(metrics.chance_group).toBe(1 / 6)
  expect(warnings).toEqual(['1 of 4 rows have a score that is NaN; what it is compared with wins.'])
  expect(matrices![0]!.values).toHaveLength(3)
})
