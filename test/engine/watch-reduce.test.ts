import { describe, expect, it } from 'vitest'
import { Parts } from '../../src/engine/watch/bytes.ts'
import {
  attentionEntropy,
  clampAt,
  cosines,
  histogramOf,
  planeOf,
  ranksOf,
  shrunk,
  statsOf,
} from '../../src/engine/watch/reduce.ts'
import { gridOf } from '../../src/engine/watch/sequence.ts'

describe('statistics of a watched wire', () => {
  it('are of the finite values; the others are counted', () => {
    const values = [1, 0, -3, Number.NaN, Number.POSITIVE_INFINITY, 0]
    const stats = statsOf(values)
    expect(stats).toEqual({
      ...{ count: 6, nan: 1, infinite: 1, zero: 2 / 6, min: -3, max: 1, mean: -0.5 },
      std: Math.sqrt((1.5 ** 2 + 0.5 ** 2 + 2.5 ** 2 + 0.5 ** 2) / 4),
    })
    const histogram = histogramOf(values, stats)
    expect(histogram).toHaveLength(64)
    expect([histogram[0], histogram[48], histogram[63]]).toEqual([1, 2, 1])
    expect(histogram.reduce((a, b) => a + b)).toBe(4)
  })

  it('say that nothing is finite', () => {
    const stats = statsOf([Number.NaN])
    expect(stats).toEqual({ count: 1, nan: 1, infinite: 0, zero: 0 })
    expect(Math.max(...histogramOf([Number.NaN], stats))).toBe(0)
  })

  it('of a constant are in one part', () => {
    const stats = statsOf([2, 2])
    expect(stats).toMatchObject({ min: 2, max: 2, std: 0 })
    expect(histogramOf([2, 2], stats)[0]).toBe(2)
  })
})

describe('attention entropy', () => {
  it('is 0 for one key, ln K for K keys alike, and the mean over queries', () => {
    expect(attentionEntropy([0, 1, 0, 0], 4)).toBe(0)
    expect(attentionEntropy(new Float32Array(64).fill(1 / 8), 8)).toBeCloseTo(Math.log(8), 12)
    expect(attentionEntropy([1, 0, 0.5, 0.5], 2)).toBeCloseTo(Math.log(2) / 2, 12)
  })

  it('is of the queries whose weights are finite', () => {
    expect(attentionEntropy([Number.NaN, 1, 0.5, 0.5, Number.POSITIVE_INFINITY, 0], 2)).toBeCloseTo(
      Math.log(2),
      12,
    )
    expect(attentionEntropy([Number.NaN, 1], 2)).toBeUndefined()
  })
})

describe('a plane', () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i)

  it('is along any two axes', () => {
    expect([...planeOf(values, [2, 3, 4], 1, 2, [1]).values]).toEqual(
      Array.from({ length: 12 }, (_, i) => 12 + i),
    )
    expect([...planeOf(values, [2, 3, 4], 0, 1, [3]).values]).toEqual([3, 7, 11, 15, 19, 23])
    expect(planeOf(values, [6, 4], -1, 1, [2])).toMatchObject({ rows: 1, columns: 4 })
    expect([...planeOf(values, [6, 4], -1, 1, [2]).values]).toEqual([8, 9, 10, 11])
    expect(planeOf(Float32Array.of(7), [], -1, -1, [])).toEqual({
      rows: 1,
      columns: 1,
      values: Float32Array.of(7),
    })
  })

  it('is looked for where there is one', () => {
    expect(clampAt([9, -1], [3, 4, 5])).toEqual([2, 0, 0])
  })

  it('that is too large becomes means of blocks', () => {
    const plane = { rows: 3, columns: 4, values: Float32Array.from([0, 2, 4, 6, 2, 4, 6, 8, 9, 11, 1, 3]) }
    expect(shrunk(plane, 2)).toEqual({ rows: 2, columns: 2, values: Float32Array.of(2, 6, 10, 2) })
    expect(shrunk(plane, 4)).toEqual(plane)
    const large = shrunk({ rows: 1, columns: 1300, values: new Float32Array(1300) })
    expect(large).toMatchObject({ rows: 1, columns: 434 })
  })

  it('has cosines of its rows, 0 to a row of zeros', () => {
    const plane = { rows: 3, columns: 2, values: Float32Array.of(3, 4, 4, -3, 0, 0) }
    expect([...cosines(plane, 0)]).toEqual([1, 0, 0])
  })

  it('ranks a cell after its equals', () => {
    const plane = { rows: 2, columns: 3, values: Float32Array.of(0.5, 0.9, 0.5, 0.1, 0.2, 0.7) }
    expect(ranksOf(plane, 0, 0)).toEqual({ inRow: 3, inColumn: 1 })
    expect(ranksOf(plane, 0, 2)).toEqual({ inRow: 3, inColumn: 2 })
    const broken = { rows: 1, columns: 2, values: Float32Array.of(Number.NaN, 1) }
    expect(ranksOf(broken, 0, 1).inRow).toBe(2)
  })
})

describe('what lies over a picture', () => {
  it('is patches that tile it, with or without a class token', () => {
    expect(gridOf({ height: 64, width: 64 }, 65)).toEqual({ rows: 8, columns: 8, first: 1 })
    expect(gridOf({ height: 64, width: 64 }, 64)).toEqual({ rows: 8, columns: 8, first: 0 })
    expect(gridOf({ height: 32, width: 64 }, 9)).toEqual({ rows: 2, columns: 4, first: 1 })
    expect(gridOf({ height: 64, width: 64 }, 32)).toBeUndefined()
    expect(gridOf({ height: 64, width: 64 }, 1)).toBeUndefined()
  })

  it('is the picture as it was computed', () => {
    const parts = new Parts()
    parts.plane({ rows: 1, columns: 1, values: Float32Array.of(1) })
    const picture = parts.picture(Float32Array.of(0, 0.5, 1, 2, -1, 0), 1, 2, 3)
    expect(picture).toEqual({ offset: 4, width: 2, height: 1 })
    expect([...parts.whole().subarray(4)]).toEqual([0, 128, 255, 255, 255, 0, 0, 255])
  })
})
