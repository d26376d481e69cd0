import { describe, expect, test } from 'vitest'
import type { TimedSteps, Timing } from '../../src/graph/timing.ts'
import { isDisturbed, timingReport } from '../../src/nodes/evaluation/timing-report.ts'

/** Blocks of two steps over 8 rows each, so many milliseconds all together. */
const blocks = (rows: number, ...ms: readonly number[]): TimedSteps[] =>
  ms.map(each => ({ rows, steps: 2, ms: each, waitMs: each / 4 }))

const QUIET = { processors: 2, others: 0.05 }
const timing: Timing = {
  a: { name: 'masked', inMemory: blocks(16, 10, 20, 10), withData: blocks(16, 20, 20, 20) },
  b: { name: 'whole', inMemory: blocks(16, 20, 30, 40), withData: blocks(16, 30, 30, 30) },
  load: QUIET,
}

describe('what a timing says', () => {
  const report = timingReport(timing)

  test('the ratio of speeds of each round, and their mean with its error', () => {
    expect(report.items).toEqual({ ratio: [2, 1.5, 4], ratio_with_data: [1.5, 1.5, 1.5] })
    expect(report.metrics.ratio).toBeCloseTo(2.5, 12)
    // √(((2 - 2.5)² + 1 + 1.5²) / 3 / 3)
    expect(report.standardErrors!.ratio).toBeCloseTo(Math.sqrt(3.5 / 9), 12)
    expect(report.standardErrors!.ratio_with_data).toBe(0)
  })

  test('medians over rounds of what each arm did', () => {
    expect(report.metrics).toMatchObject({
      a_rows_per_second: 1600,
      b_rows_per_second: 16_000 / 30,
      a_rows_per_second_with_data: 800,
      a_ms_per_step: 5,
      b_ms_per_step: 15,
      a_waiting_for_data: 0.25,
      rounds: 3,
    })
  })

  test('arms with batches of two sizes are compared by rows, not by steps', () => {
    const b = { ...timing.b, inMemory: blocks(32, 20, 30, 40) }
    expect(timingReport({ ...timing, b }).items!.ratio).toEqual([1, 0.75, 2])
  })

  test('an interval, and a picture with a row for each arm and a column for each round', () => {
    const [table] = report.tables!
    expect(table!.title).toContain('a (masked) over that of b (whole)')
    const [, mean, low, high, median] = table!.rows[0] as [string, number, number, number, number]
    expect([mean, median]).toEqual([2.5, 2])
    expect(low).toBeGreaterThanOrEqual(1.5)
    expect(low).toBeLessThan(mean)
    expect(high).toBeGreaterThan(mean)
    expect(high).toBeLessThanOrEqual(4)
    const [matrix] = report.matrices!
    expect(matrix!.rowLabels).toEqual([
      'a: masked',
      'b: whole',
      'a: masked, with data',
      'b: whole, with data',
    ])
    expect(matrix!.columnLabels).toEqual(['1', '2', '3'])
    expect(matrix!.values.map(row => row[0])).toEqual([1600, 800, 800, 16_000 / 30])
  })

  test('a warning where other programs had more than a tenth of the machine', () => {
    expect(report.warnings).toBeUndefined()
    expect(isDisturbed(timing)).toBe(false)
    const busy = { ...timing, load: { processors: 2, others: 1.1 } }
    expect(isDisturbed(busy)).toBe(true)
    expect(timingReport(busy).warnings).toEqual([
      expect.stringMatching(/^other programs kept 1\.1 of 2 processors busy .* not kept/),
    ])
  })
})
