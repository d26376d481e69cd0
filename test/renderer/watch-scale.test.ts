import { describe, expect, it } from 'vitest'
import { type Colours, colourOf } from '../../src/renderer/runs/watch/colours.ts'
import { barTicks, scaleOf, shareOf, valueAt, whyNoLog } from '../../src/renderer/runs/watch/scale.ts'

const COLOURS: Colours = { base: [0, 0, 0], high: [0, 0, 255], low: [255, 0, 0], none: [9, 9, 9] }
const colour = (value: number, values: readonly number[], kind?: Parameters<typeof scaleOf>[1]) =>
  colourOf(value, scaleOf(values, kind), COLOURS)

/** 0 … 200 and a giant: the percentiles are those that numpy gives, between neighbours in proportion. */
const SPREAD = [...Array.from({ length: 200 }, (_, i) => i), 1e6]

describe('the scale of a heat map', () => {
  it('goes from the least to the greatest of the finite numbers', () => {
    expect(scaleOf([2, Number.NaN, -1, Number.POSITIVE_INFINITY])).toMatchObject({
      min: -1,
      max: 2,
      log: false,
    })
    expect(scaleOf([Number.NaN])).toMatchObject({ min: 0, max: 0 })
  })

  it('may be clipped at the 1st and the 99th percentile: what lies beyond has the colours of the ends', () => {
    const scale = scaleOf(SPREAD, 'clipped')
    expect(scale).toEqual({ log: false, min: 2, max: 198, below: true, above: true })
    expect(colour(1e6, SPREAD, 'clipped')).toEqual(colour(198, SPREAD, 'clipped'))
    expect(colour(0, SPREAD, 'clipped')).toEqual(COLOURS.base)
    expect(barTicks(scale)).toEqual([
      { share: 0, text: '≤ 2' },
      { share: 1, text: '≥ 198' },
    ])
    expect(scaleOf([1, 2], 'clipped')).toMatchObject({ min: 1.01, max: 1.99 })
    // Both signs still meet in the panel's colour.
    const signs = [-3, 0, 6]
    expect(colour(-3, signs, 'clipped')[0]).toBeGreaterThan(100)
    expect(colour(0, signs, 'clipped')).toEqual(COLOURS.base)
  })

  it('may be one of logarithms, where all are above 0', () => {
    const values = [0.001, 0.5, 0.02, 1]
    const scale = scaleOf(values, 'log')
    expect(whyNoLog(values)).toBeUndefined()
    expect(shareOf(0.01, scale)).toBeCloseTo(1 / 3, 12)
    expect(barTicks(scale).map(t => t.text)).toEqual(['0.001', '0.01', '0.1', '1'])
    expect(whyNoLog([0.5, 0, -1, Number.NaN])).toBe('2 of 3 values are not above 0')
    expect(scaleOf([0, 1], 'log')).toEqual(scaleOf([0, 1]))
  })

  it('has labels where its numbers are, and room between them', () => {
    for (const kind of ['linear', 'log', 'clipped'] as const)
      for (const values of [
        SPREAD.map(v => v + 1),
        [1e-9, 3],
        [0.3, 0.4],
        [-1, 40],
        [-4, 5],
        [1000.1, 1000.9],
        SPREAD,
      ]) {
        const scale = scaleOf(values, kind)
        const ticks = barTicks(scale)
        for (const [i, { share, text }] of ticks.entries()) {
          const value = Number(text.replace(/[≤≥,\s]/gu, '').replace('−', '-'))
          expect(Math.abs(shareOf(value, scale) - share)).toBeLessThan(0.0101)
          expect(shareOf(valueAt(share, scale), scale)).toBeCloseTo(share, 9)
          if (i > 0) expect(share - ticks[i - 1]!.share).toBeGreaterThan(0.15)
        }
      }
    expect(barTicks(scaleOf([3, 3]))).toEqual([{ share: 1, text: '3' }])
    expect(barTicks(scaleOf([1000.1, 1000.9])).map(t => t.text)).toEqual(['1000.1', '1000.9'])
  })
})
