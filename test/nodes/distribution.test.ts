import { describe, expect, test } from 'vitest'
import { contextOf, evaluate } from './evaluation-kit.ts'

/** Rows of classes in these counts, each class with its score. */
const rowsOf = (counts: readonly number[], scores: readonly number[]) => {
  const values = counts.flatMap((count, c) => Array.from({ length: count }, () => c))
  return contextOf({
    pictures: {},
    wires: { dataset: { scores: values.map(c => [scores[c]!]) } },
    categories: { label: { classes: counts.map((_, c) => `class ${c}`), values } },
  })
}

const measure = (counts: readonly number[], scores: readonly number[]) =>
  evaluate('evaluation.distribution', {}, rowsOf(counts, scores))

describe('scores as a distribution', () => {
  test('the log density itself has no divergence and sums to one', async () => {
    const { metrics, items } = await measure([6, 3, 1], [0.6, 0.3, 0.1].map(Math.log))
    for (const name of ['kl', 'total_variation', 'log_total']) expect(metrics[name]).toBeCloseTo(0, 6)
    expect(items!.kl).toHaveLength(10)
  })

  test('a constant shift is the normaliser’s error and moves nothing else', async () => {
    const { metrics } = await measure(
      [6, 3, 1],
      [0.6, 0.3, 0.1].map(p => Math.log(p) - 2),
    )
    expect(metrics.log_total).toBeCloseTo(-2, 6)
    expect(metrics.log_total_error).toBeCloseTo(2, 6)
    expect(metrics.kl).toBeCloseTo(0, 6)
  })

  test('a model that gives all the same: the divergence from uniform', async () => {
    const { metrics, items } = await measure([3, 1, 0], [5, 5, 5])
    const kl = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)
    expect(metrics.kl).toBeCloseTo(kl, 6)
    expect(metrics.uniform_kl).toBeCloseTo(kl, 12)
    expect(metrics.total_variation).toBeCloseTo(0.25, 6)
    // A class without rows has no score to sum.
    expect(metrics.classes).toBe(2)
    expect(items!.kl!.reduce((a, b) => a + b, 0) / 4).toBeCloseTo(kl, 6)
    expect(items!.log_total_error).toEqual(Array(4).fill(metrics.log_total_error))
  })

  test('large scores do not overflow, and a NaN is told', async () => {
    expect((await measure([1, 1], [1000, 1000])).metrics.log_total).toBeCloseTo(1000 + Math.LN2, 3)
    const broken = await measure([1, 1], [Number.NaN, 0])
    expect(broken.metrics.kl).toBeNaN()
    expect(broken.warnings).toEqual(['1 of 2 scores are NaN: the model has no distribution.'])
  })

  test('rows without a class count for nothing', async () => {
    const context = contextOf({
      pictures: {},
      wires: { dataset: { scores: [[0], [9]] } },
      categories: { label: { classes: ['a'], values: [0, -1] } },
    })
    expect((await evaluate('evaluation.distribution', {}, context)).metrics).toMatchObject({
      n: 1,
      log_total: 0,
    })
  })
})
