import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chartedTrain, looksOf } from '../../src/renderer/runs/ChartsTab.tsx'
import { envelope, lowerBound, nearest } from '../../src/renderer/runs/envelope.ts'
import { smooth } from '../../src/renderer/runs/smooth.ts'

const input = (values: readonly number[], steps = values.map((_, i) => i)) => ({
  steps: Float64Array.from(steps),
  values: Float64Array.from(values),
  line: Float64Array.from(values),
  length: values.length,
})

describe('the Train that charts show', () => {
  it('is the one that trains now, after it the first, unless someone has picked', () => {
    const trains = ['train', 'control']
    expect(chartedTrain(trains, null, true)).toBe('control')
    expect(chartedTrain(trains, null, false)).toBe('train')
    expect(chartedTrain(trains, 'train', true)).toBe('train')
    expect(chartedTrain(trains, 'of another run', true)).toBe('control')
    expect(chartedTrain([], null, false)).toBeUndefined()
  })
})

describe('envelope', () => {
  it('keeps every point where there is room', () => {
    const shown = envelope(input([3, 1, 2]), 0, 2, 100)
    expect(shown).toEqual({ x: [0, 1, 2], low: [3, 1, 2], high: [3, 1, 2], line: [3, 1, 2], reduced: false })
  })

  it('keeps each spike of a long series, as the least or the greatest value of its place', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => Math.sin(i / 500))
    values[51_237] = 40
    values[77_000] = -40
    const shown = envelope(input(values), 0, 99_999, 400)
    expect(shown.reduced).toBe(true)
    expect(shown.x.length).toBeGreaterThan(190)
    expect(shown.x.length).toBeLessThanOrEqual(402)
    expect(Math.max(...shown.high.map(v => v!))).toBe(40)
    expect(Math.min(...shown.low.map(v => v!))).toBe(-40)
  })

  it('is exact over any series, part and width: places in order, extremes those of the points', () => {
    const steps = fc.uniqueArray(fc.nat(5000), { minLength: 1, maxLength: 300 })
    const numbers = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
      minLength: 300,
      maxLength: 300,
    })
    fc.assert(
      fc.property(steps, numbers, fc.integer({ min: 1, max: 80 }), (some, values, columns) => {
        const sorted = [...some].sort((a, b) => a - b)
        const mine = values.slice(0, sorted.length)
        const shown = envelope(input(mine, sorted), sorted[0]!, sorted.at(-1)!, columns)
        expect(Math.min(...shown.low.map(v => v!))).toBe(Math.min(...mine))
        expect(Math.max(...shown.high.map(v => v!))).toBe(Math.max(...mine))
        expect(shown.x).toEqual([...shown.x].sort((a, b) => a - b))
        expect(shown.x.length).toBeLessThanOrEqual(Math.max(columns, 1) + 2)
      }),
    )
  })

  it('does not move its places when the run grows within one width of them', () => {
    const values = Array.from({ length: 5000 }, (_, i) => i % 17)
    const before = envelope(input(values.slice(0, 4500)), 0, 4499, 400)
    const after = envelope(input(values), 0, 4999, 400)
    const whole = before.x.slice(0, -1)
    expect(after.x.slice(0, whole.length)).toEqual(whole)
    expect(after.low.slice(0, whole.length)).toEqual(before.low.slice(0, -1))
  })

  it('shows all points of a small part of a long series, and one beyond each edge', () => {
    const shown = envelope(input(Array.from({ length: 100_000 }, (_, i) => i)), 500, 520, 400)
    expect(shown.reduced).toBe(false)
    expect(shown.x.slice(0, 3)).toEqual([499, 500, 501])
    expect(shown.x.at(-1)).toBeGreaterThanOrEqual(521)
  })

  it('leaves a gap where a value is not a number', () => {
    expect(envelope(input([1, Number.NaN, 3]), 0, 2, 100).line).toEqual([1, null, 3])
    const allBad = envelope(input(Array.from({ length: 64 }, () => Number.NaN)), 0, 63, 8)
    expect(new Set(allBad.low)).toEqual(new Set([null]))
  })

  it('finds places in sorted steps', () => {
    const steps = [0, 10, 20]
    expect([-5, 0, 1, 20, 21].map(x => lowerBound(steps, 3, x))).toEqual([0, 0, 1, 2, 3])
    expect([-5, 4, 6, 99].map(x => nearest(steps, 3, x))).toEqual([0, 0, 1, 2])
    expect(nearest([], 0, 1)).toBe(-1)
  })
})

describe('smooth', () => {
  // resample in TensorBoard's line chart: last = last w + (1 − w) x, then last / (1 − wⁿ).
  const tensorboard = (values: readonly number[], w: number) => {
    let last = 0
    let n = 0
    return values.map(x => {
      if (!Number.isFinite(x)) return x
      last = last * w + (1 - w) * x
      n++
      return last / (w === 1 ? 1 : 1 - w ** n)
    })
  }

  it('is the average that TensorBoard draws', () => {
    const values = [5.1, 4.9, 4.2, Number.NaN, 3.7, 3.9, 3.1]
    for (const w of [0, 0.3, 0.6, 0.99]) {
      const ours = [...smooth(values, values.length, w)]
      tensorboard(values, w).forEach((want, i) => {
        if (Number.isNaN(want)) expect(ours[i]).toBeNaN()
        else expect(ours[i]).toBeCloseTo(want, 12)
      })
    }
  })

  it('begins at the first value, and keeps a constant', () => {
    expect(smooth([2, 8], 2, 0.9)[0]).toBeCloseTo(2, 12)
    for (const v of smooth([4, 4, 4, 4], 4, 0.97)) expect(v).toBeCloseTo(4, 12)
  })

  it('takes only the part of the array that is filled', () => {
    expect(smooth(new Float64Array([1, 2, 0, 0]), 2, 0.5)).toHaveLength(2)
  })
})

describe('the charts of a training', () => {
  const titles = (metrics: readonly string[]) => looksOf(metrics).map(look => `${look.title}: ${look.metric}`)
  const own = ['train/loss', 'train/grad_norm', 'train/learning_rate', 'throughput']

  it('are four, before there is anything to draw as well, and those of other metrics after them', () => {
    expect(titles([])).toEqual(titles(own))
    expect(titles([...own, 'train/temperature']).at(-1)).toBe('temperature: train/temperature')
  })

  it('are one of a kind for each of several objectives', () => {
    expect(titles(['train/loss/near', 'train/loss/far', 'train/learning_rate/near'])).toEqual([
      'Loss, near: train/loss/near',
      'Loss, far: train/loss/far',
      'Learning rate, near: train/learning_rate/near',
      'Throughput: throughput',
      'Gradient norm: train/grad_norm',
    ])
  })
})
