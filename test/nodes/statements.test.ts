import { describe, expect, it, test } from 'vitest'
import { auroc } from '../../src/nodes/evaluation/auroc.ts'
import { crossFit, FOLDS, fitThreshold, isRight } from '../../src/nodes/evaluation/threshold.ts'
import { contextOf, evaluate, type Known } from './evaluation-kit.ts'

const judged = (scores: readonly number[], truths: readonly number[]) =>
  scores.map((score, i) => ({ score, truth: truths[i] === 1 }))

/** Pictures and texts that are numbers; a statement's score is their product. */
const known = (
  images: readonly number[],
  texts: readonly string[],
  labels: readonly number[],
  more: Partial<Known> = {},
): Known => ({
  pictures: { image: images.map(x => [x]) },
  texts: { caption: texts.map(t => [t]) },
  categories: { label: { classes: ['false', 'true'], values: labels } },
  textRows: asked => asked!.map(t => [Number(t)]),
  score: ([x], [y]) => x! * y!,
  ...more,
})

const measure = (k: Known, params: object = {}) => evaluate('evaluation.statements', params, contextOf(k))

describe('a threshold', () => {
  it('is the middle one of the best, with a candidate between each two scores and beyond both ends', () => {
    expect(fitThreshold(judged([1, 2, 3, 4], [0, 0, 1, 1]))).toBe(2.5)
    expect(fitThreshold(judged([1, 2], [1, 1]))).toBe(Number.NEGATIVE_INFINITY)
    expect(fitThreshold(judged([1, 2], [0, 0]))).toBe(Number.POSITIVE_INFINITY)
    // Below 1, between 2 and 3, and above 4 each have two right: the middle one of the three.
    expect(fitThreshold(judged([1, 2, 3, 4], [1, 0, 1, 0]))).toBe(2.5)
    expect(fitThreshold([])).toBe(Number.NEGATIVE_INFINITY)
  })

  it('never falls between equal scores, and divides those next to each other', () => {
    expect(fitThreshold(judged([5, 5, 5], [0, 1, 1]))).toBe(Number.NEGATIVE_INFINITY)
    const next = 1 + Number.EPSILON
    const t = fitThreshold(judged([1, next], [0, 1]))
    expect([1 > t, next > t]).toEqual([false, true])
    const infinite = judged([Number.NEGATIVE_INFINITY, 0, 1, Number.POSITIVE_INFINITY], [0, 0, 1, 1])
    expect(fitThreshold(infinite)).toBe(0.5)
    expect(fitThreshold(judged([1, Number.POSITIVE_INFINITY], [0, 1]))).toBe(1)
  })

  it('of a part comes from the other parts alone', () => {
    const n = 200
    const ids = Array.from({ length: n }, (_, i) => `row ${i}`)
    const items = judged(
      ids.map((_, i) => i),
      ids.map((_, i) => Number(i >= 100)),
    )
    const thresholds = crossFit(items, ids)
    expect(new Set(thresholds).size).toBeLessThanOrEqual(FOLDS)
    // A row that is turned round changes every threshold but its own part's.
    const turned = items.map((j, i) => (i === 100 ? { ...j, score: 1e6, truth: false } : j))
    expect(crossFit(turned, ids)[100]).toBe(thresholds[100])
    expect(crossFit(turned.toReversed(), ids.toReversed())[n - 101]).toBe(thresholds[100])
  })

  it('is wrong of a NaN on either side', () => {
    for (const truth of [true, false])
      for (const t of [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY])
        expect(isRight({ score: Number.NaN, truth }, t)).toBe(false)
  })
})

describe('AUROC', () => {
  test('ties count half, a NaN loses on both sides', () => {
    expect(auroc(judged([1, 1], [1, 0]))).toMatchObject({ value: 0.5, tied: 1 })
    expect(auroc(judged([2, 1, 3, 0], [1, 0, 1, 0]))).toMatchObject({ value: 1, tied: 0, error: 0 })
    expect(auroc(judged([Number.NaN, 0, 0, Number.NaN], [1, 1, 0, 0]))).toMatchObject({
      value: 1 / 8,
      tied: 1 / 4,
    })
    expect(auroc(judged([1, 2], [1, 1]))).toBeUndefined()
  })
})

describe('a scorer that knows nothing', () => {
  const n = 100
  const labels = Array.from({ length: n }, (_, i) => Number(i % 10 < 7))
  const texts = Array.from({ length: n }, () => '1')

  test('the same score for everything gets the majority and a half, and is told', async () => {
    const report = await measure(known(Array(n).fill(1), texts, labels))
    expect(report.metrics).toMatchObject({
      accuracy: 0.7,
      majority: 0.7,
      chance_accuracy: 0.7,
      auroc: 0.5,
      chance_auroc: 0.5,
      tied_pairs: 1,
      nan: 0,
      n,
    })
    expect(report.warnings).toEqual([
      '100 % of the pairs of a true and a false statement have the same score: a collapsed model, or statements that differ only after their last token.',
    ])
  })

  test('NaN gets nothing', async () => {
    const report = await measure(known(Array(n).fill(Number.NaN), texts, labels))
    expect(report.metrics).toMatchObject({ accuracy: 0, auroc: 0, nan: n })
    expect(report.warnings).toEqual(['100 of 100 statements have a score that is NaN; they count as wrong.'])
  })

  test('a constant that happens to lie on the right side of a fixed threshold gains nothing on AUROC', async () => {
    const { metrics } = await measure(known(Array(n).fill(1), texts, labels), { threshold: 0 })
    expect(metrics).toMatchObject({ accuracy: 0.7, majority: 0.7, auroc: 0.5, threshold: 0 })
  })
})

it('takes the threshold from the validation rows, and fits the blind one on blind scores', async () => {
  const k = known([1, 2, 3, 4], ['1', '1', '1', '-1'], [0, 0, 1, 0], {
    meanPicture: [1],
    further: {
      validation: {
        pictures: { image: [[0.5], [1.5]] },
        meanPicture: [1],
        texts: { caption: [['1'], ['1']] },
      },
    },
    others: { validation: { label: { classes: ['false', 'true'], values: [0, 1] } } },
  })
  const report = await measure(k, { blind: true })
  // 1 lies between 0.5 and 1.5. Blind, both validation rows score 1, so one answer is given to all: false.
  expect(report.metrics).toMatchObject({ threshold: 1, accuracy: 0.75, n: 4 })
  expect(report.items).toMatchObject({
    accuracy: [1, 0, 1, 1],
    blind_accuracy: [1, 1, 0, 1],
    majority: [1, 1, 0, 1],
  })
  expect(report.metrics.blind_auroc).toBeCloseTo(2 / 3, 12)
})

it('reports each kind with its own majority, leaves out rows without a label, and counts statements as a whole', async () => {
  const k = known([1, -1, 1, -1, 1], ['1', '1', '2', '2', '3'], [1, 0, 1, 1, -1], {
    categories: {
      label: { classes: ['no', 'yes'], values: [1, 0, 1, 1, -1] },
      relation: { classes: ['left', 'right'], values: [0, 0, 1, 1, 1] },
    },
  })
  const report = await measure(k, { kind: 'relation', threshold: 0 })
  expect(report.metrics).toMatchObject({
    accuracy: 0.75,
    'accuracy/left': 1,
    'accuracy/right': 0.5,
    'majority/left': 0.5,
    'chance_accuracy/right': 1,
    // "1" is right in both rows, "2" in one of two; always true is right in both rows of "2" only.
    consistency: 0.5,
    chance_consistency: 0.5,
    n: 4,
    unlabelled: 1,
  })
  expect(report.items!['accuracy/right']).toEqual([1, 0])
  expect(report.tables![0]!.rows.map(r => r.slice(0, 3))).toEqual([
    ['all', 4, 0.75],
    ['left', 2, 0.5],
    ['right', 2, 1],
  ])
  expect(report.matrices!.map(m => m.title)).toEqual([
    'Accuracy by kind',
    'True and false',
    'Scores of true and of false statements',
  ])
  const histogram = report.matrices![2]!
  expect(histogram.values.map(row => row.reduce((a, b) => a + b, 0))).toEqual([3, 1])
})

test('which class means true is known by its name, or said', async () => {
  const of = (classes: readonly string[], params: object = {}) =>
    measure(known([1, -1], ['1', '1'], [1, 0], { categories: { label: { classes, values: [1, 0] } } }), {
      threshold: 0,
      ...params,
    })
  for (const classes of [
    ['false', 'true'],
    ['0', '1'],
    ['no', 'Yes'],
  ])
    expect((await of(classes)).metrics.accuracy).toBe(1)
  expect((await of(['bad', 'good'], { truth: 'good' })).metrics.accuracy).toBe(1)
  expect((await of(['bad', 'good'], { truth: 'bad' })).metrics.accuracy).toBe(0)
  await expect(of(['bad', 'good'])).rejects.toThrow(
    'no class of "label" is true, yes or 1: it has "bad", "good"',
  )
  await expect(of(['true', 'false', 'unclear'])).rejects.toThrow(
    '"label" has 3 classes, "true", "false", "unclear", where true and false are two',
  )
  await expect(measure(known([1], ['1'], [-1]))).rejects.toThrow(
    'no row of the dataset has a class in "label"',
  )
})
