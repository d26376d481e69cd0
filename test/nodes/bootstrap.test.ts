import { describe, expect, it } from 'vitest'
import { threefry } from '../../src/ir/threefry.ts'
import { meanBootstrap, pairedBootstrap } from '../../src/nodes/evaluation/bootstrap.ts'
import { meanError } from '../../src/nodes/evaluation/statistics.ts'

/** Uniform numbers of a stream. */
const uniform = (stream: number, n: number) =>
  Array.from({ length: n }, (_, i) => threefry(11, stream, i, 0)[0] / 2 ** 32)
/** Outcomes of items that are right with this probability. */
const outcomes = (stream: number, n: number, p: number): number[] =>
  uniform(stream, n).map(u => (u < p ? 1 : 0))

describe('the interval of a mean', () => {
  it('is the normal one for many items', () => {
    const items = outcomes(1, 1000, 0.7)
    const { mean, low, high, n } = meanBootstrap([items])
    const error = meanError(items)
    expect(mean).toBeCloseTo(items.reduce((a, b) => a + b) / 1000, 12)
    // 10 000 resamples: an end is uncertain by about 3 % of a standard error.
    expect(Math.abs(low - (mean - 1.96 * error))).toBeLessThan(0.15 * error)
    expect(Math.abs(high - (mean + 1.96 * error))).toBeLessThan(0.15 * error)
    expect(n).toBe(1000)
  })

  it('holds the true mean in about 95 of 100 experiments', () => {
    let held = 0
    for (let experiment = 0; experiment < 300; experiment++) {
      const { low, high } = meanBootstrap([outcomes(100 + experiment, 120, 0.6)], { resamples: 400 })
      if (low <= 0.6 && 0.6 <= high) held++
    }
    expect(held).toBeGreaterThan(275)
    expect(held).toBeLessThan(297)
  })

  it('is the same for the same seed, and a little different for another', () => {
    const items = [outcomes(2, 100, 0.5)]
    expect(meanBootstrap(items, { seed: 3 })).toEqual(meanBootstrap(items, { seed: 3 }))
    expect(meanBootstrap(items, { seed: 4, resamples: 50 }).low).not.toBe(
      meanBootstrap(items, { seed: 3, resamples: 50 }).low,
    )
  })
})

describe('two arms in pairs', () => {
  it('are not different where they are the same', () => {
    const arm = [outcomes(1, 50, 0.5), outcomes(2, 50, 0.5)]
    expect(pairedBootstrap(arm, arm)).toMatchObject({ mean: 0, low: 0, high: 0, bySeed: [0, 0], n: 50 })
  })

  it('show a difference that unpaired intervals would hide', () => {
    // Items are hard or easy for both arms alike; a is right on a few more.
    const b = outcomes(5, 400, 0.5)
    const a = b.map((x, i) => (i % 20 === 0 ? 1 : x))
    const { mean, low, high } = pairedBootstrap([a], [b])
    expect(low).toBeGreaterThan(0)
    expect(mean).toBeGreaterThan(0)
    const [alone, other] = [meanBootstrap([a]), meanBootstrap([b])]
    expect(alone.low).toBeLessThan(other.high)
    expect(high - low).toBeLessThan((alone.high - alone.low) / 2)
  })

  it('turn round with the order of the arms, and average over seeds', () => {
    const a = [outcomes(1, 80, 0.7), outcomes(2, 80, 0.7), outcomes(3, 80, 0.7)]
    const b = [outcomes(4, 80, 0.5), outcomes(5, 80, 0.5), outcomes(6, 80, 0.5)]
    const [up, down] = [pairedBootstrap(a, b), pairedBootstrap(b, a)]
    expect(up.low).toBeCloseTo(-down.high, 12)
    expect(up.high).toBeCloseTo(-down.low, 12)
    expect(up.mean).toBeCloseTo(up.bySeed.reduce((x, y) => x + y) / 3, 12)
  })

  it('must have the same seeds and items, and finite outcomes', () => {
    expect(() => pairedBootstrap([[1]], [])).toThrowErrorMatchingInlineSnapshot(
      `[Error: the arms have 1 and 0 seeds: a comparison in pairs needs the same ones]`,
    )
    expect(() => pairedBootstrap([[1, 0]], [[1]])).toThrowErrorMatchingInlineSnapshot(
      `[Error: under seed 0 the arms have 2 and 1 items: a comparison in pairs needs the same ones]`,
    )
    expect(() => meanBootstrap([[Number.NaN]])).toThrowErrorMatchingInlineSnapshot(
      `[Error: an outcome is not a finite number]`,
    )
    expect(() => meanBootstrap([[1], [1, 0]])).toThrowErrorMatchingInlineSnapshot(
      `[Error: each seed needs the same items; they have 1, 2]`,
    )
    expect(() => meanBootstrap([])).toThrowErrorMatchingInlineSnapshot(
      `[Error: there are no items to draw from]`,
    )
  })
})
