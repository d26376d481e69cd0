import { describe, expect, it, test } from 'vitest'
import { choose, TIES } from '../../src/nodes/evaluation/choice.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'
import { contextOf, evaluate, type Known } from './evaluation-kit.ts'

/** A scorer whose score of a picture and a text is a number of the text: rows are told apart by their texts. */
const recorded = (
  right: readonly number[],
  wrong: readonly (readonly number[])[],
  more: Partial<Known> = {},
): Known => {
  const scores = new Map<string, number>()
  const caption = right.map((s, i) => {
    scores.set(`true ${i}`, s)
    return [`true ${i}`]
  })
  const negative = wrong.map((row, i) =>
    row.map((s, k) => {
      scores.set(`false ${i} ${k}`, s)
      return `false ${i} ${k}`
    }),
  )
  return {
    pictures: { image: right.map(() => [1]) },
    texts: { caption, negative },
    textRows: asked => asked!.map(text => [scores.get(text)!]),
    score: (_, [s]) => s!,
    ...more,
  }
}

const choice = (known: Known, params: object = {}) =>
  evaluate('evaluation.forcedChoice', { kind: '', ...params }, contextOf(known))

interface Case {
  readonly remark: string
  readonly names: readonly string[]
  readonly kinds: GoldenArray
  readonly right: GoldenArray
  readonly wrong: GoldenArray
  readonly rules: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Which of our tie rules is that of the published code. */
const RULES = { strict: 'wrong', false_first: 'wrong', true_first: 'first' } as const

describeGolden<{ forced_choice: readonly Case[] }>('compositional', golden => {
  const cases = golden.forced_choice.flatMap(c =>
    Object.keys(c.rules).map(rule => [c.remark, rule, c] as const),
  )
  test.each(cases)('%s: %s', async (_, rule, c) => {
    const k = c.wrong.shape[1]!
    const wrong = c.right.data.map((_, i) => c.wrong.data.slice(i * k, (i + 1) * k))
    const categories = { kind: { classes: c.names, values: c.kinds.data } }
    const ties = RULES[rule as keyof typeof RULES]
    const report = await choice(recorded(c.right.data, wrong, { categories }), { kind: 'kind', ties })
    const { all, ...kinds } = c.rules[rule]!
    expect(report.metrics.accuracy).toBeCloseTo(all!, 12)
    for (const [kind, accuracy] of Object.entries(kinds))
      expect(report.metrics[`accuracy/${kind}`], kind).toBeCloseTo(accuracy, 12)
    expect(report.metrics.chance).toBeCloseTo(1 / (1 + k), 12)
    expect(report.metrics.n).toBe(c.right.data.length)
  })
})

describe('a scorer that knows nothing', () => {
  const constant = recorded([2, 2, 2, 2], [[2], [2], [2], [2]])
  test.each([
    ['wrong', 0],
    ['half', 0.5],
    ['first', 1],
  ] as const)('the same score for all texts, ties: %s, gets %d', async (ties, accuracy) => {
    const { metrics, standardErrors, warnings } = await choice(constant, { ties })
    expect(metrics).toEqual({ accuracy, chance: 0.5, ties: 4, nan: 0, n: 4 })
    expect(standardErrors).toEqual({ accuracy: 0 })
    expect(warnings).toHaveLength(1)
    expect(warnings![0]).toContain('4 of 4 items are ties')
    // What unmasks it under the only rule that rewards it.
    expect(warnings![0]!.includes('gets 100 %')).toBe(ties === 'first')
  })

  test.each(TIES)('NaN for every text, ties: %s, gets nothing', async ties => {
    const { metrics, warnings } = await choice(
      recorded([Number.NaN, 1, 1], [[Number.NaN], [Number.NaN], [0]]),
      {
        ties,
      },
    )
    expect(metrics).toMatchObject({ accuracy: 1 / 3, ties: 0, nan: 2, n: 3 })
    expect(warnings!.at(-1)).toBe('2 of 3 items have a score that is NaN; they count as wrong.')
  })

  it('shares a tie of several texts by their number, and infinite scores are scores', () => {
    expect(choose(1, [1, 1, 0], 'half')).toEqual({ outcome: 1 / 3, tie: true, nan: false })
    expect(choose(1, [1, 2], 'first')).toEqual({ outcome: 0, tie: false, nan: false })
    expect(choose(Number.POSITIVE_INFINITY, [1], 'wrong').outcome).toBe(1)
    expect(choose(Number.NEGATIVE_INFINITY, [Number.NEGATIVE_INFINITY], 'wrong').tie).toBe(true)
  })
})

it('gives each item once, each kind with its own chance, and the blind score beside it', async () => {
  // Picture 1 turns the scores of its texts round; the mean picture sees only the text's own number.
  const known = recorded([3, 1, 2], [[1], [2], [2, 1]], {
    pictures: { image: [[1], [-1], [1]] },
    meanPicture: [1],
    score: ([x], [y]) => x! * y!,
    categories: { kind: { classes: ['swap', 'never', 'add'], values: [0, 0, -1] } },
  })
  const report = await choice(known, { kind: 'kind', blind: true, ties: 'half' })
  expect(report.items).toEqual({
    accuracy: [1, 1, 0.5],
    blind_accuracy: [1, 0, 0.5],
    'accuracy/swap': [1, 1],
    'blind_accuracy/swap': [1, 0],
    'accuracy/no kind': [0.5],
    'blind_accuracy/no kind': [0.5],
  })
  // Figures over the same rows can be compared in pairs, those of two kinds can't.
  const sets = report.itemSets!
  expect(sets['accuracy/swap']).toBe(sets['blind_accuracy/swap'])
  expect(sets['accuracy/swap']).not.toBe(sets['accuracy/no kind'])
  expect(report.metrics).toEqual({
    accuracy: 2.5 / 3,
    blind_accuracy: 0.5,
    'accuracy/swap': 1,
    'blind_accuracy/swap': 0.5,
    'chance_accuracy/swap': 0.5,
    'accuracy/no kind': 0.5,
    'blind_accuracy/no kind': 0.5,
    'chance_accuracy/no kind': 1 / 3,
    chance: (0.5 + 0.5 + 1 / 3) / 3,
    macro_accuracy: 1,
    ties: 1,
    nan: 0,
    n: 3,
  })
  expect(report.standardErrors!['blind_accuracy/swap']).toBeCloseTo(Math.sqrt(0.25 / 2), 12)
  expect(report.tables![0]!.rows.map(r => r.slice(0, 3))).toEqual([
    ['all', 3, 2.5 / 3],
    ['swap', 2, 1],
    ['no kind', 1, 0.5],
  ])
  expect(report.matrices![0]).toMatchObject({
    rowLabels: ['all', 'swap', 'no kind'],
    columnLabels: ['accuracy', 'blind', 'chance'],
  })
})
