import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { permutation, rowsOfStep, stepsPerEpoch, variantOf } from '../../src/data/order.ts'

const base = { rows: 10, batchSize: 3, seed: 7, trainId: 'train', batchId: 'batch' }

function epochRows(of: typeof base, epoch: number): number[] {
  const steps = stepsPerEpoch(of.rows, of.batchSize)
  return Array.from({ length: steps }, (_, at) => [
    ...rowsOfStep({ ...of, step: epoch * steps + at }).rows,
  ]).flat()
}

describe('the order of data', () => {
  it('visits each row at most once an epoch, all of them but the ragged tail', () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1, max: 400 }),
      batch: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.maxSafeNat(),
      epoch: fc.nat(5),
    })
    fc.assert(
      fc.property(sizes, ({ rows, batch, seed, epoch }) => {
        const batchSize = 1 + Math.floor(batch * (rows - 1))
        const visited = epochRows({ ...base, rows, batchSize, seed }, epoch)
        expect(new Set(visited).size).toBe(visited.length)
        expect(visited.length).toBe(Math.floor(rows / batchSize) * batchSize)
        expect(visited.every(row => row >= 0 && row < rows)).toBe(true)
      }),
      { seed: 1 },
    )
  })

  it('is a function of the step alone, whatever was asked before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { minLength: 1 }), steps => {
        const forwards = steps.map(step => [...rowsOfStep({ ...base, step }).rows])
        const backwards = steps
          .toReversed()
          .map(step => [...rowsOfStep({ ...base, step }).rows])
          .toReversed()
        expect(backwards).toEqual(forwards)
      }),
      { seed: 2 },
    )
  })

  it('is pinned: a change here would break every resume', () => {
    const steps = Array.from({ length: 4 }, (_, step) => rowsOfStep({ ...base, step }))
    expect(steps.map(({ rows, epoch }) => `${epoch}: ${rows.join(' ')}`)).toMatchInlineSnapshot(`
      [
        "0: 2 0 1",
        "0: 8 3 9",
        "0: 5 7 6",
        "1: 2 7 5",
      ]
    `)
  })

  it('differs between epochs, seeds, trains and batches', () => {
    const big = { ...base, rows: 1000, batchSize: 100 }
    const orders = [
      epochRows(big, 0),
      epochRows(big, 1),
      epochRows({ ...big, seed: 8 }, 0),
      epochRows({ ...big, seed: 7 + 2 ** 32 }, 0),
      epochRows({ ...big, trainId: 'other' }, 0),
      epochRows({ ...big, batchId: 'other' }, 0),
    ].map(order => order.join())
    expect(new Set(orders).size).toBe(orders.length)
  })

  it('says the epoch', () => {
    expect([0, 2, 3, 8, 9].map(step => rowsOfStep({ ...base, step }).epoch)).toEqual([0, 0, 1, 2, 3])
  })

  it('refuses fewer rows than a batch, and steps that are none', () => {
    expect(() => rowsOfStep({ ...base, rows: 2, step: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: The dataset has 2 rows, fewer than one batch of 3. Set the batch size to 2 or less, or use more data.]`,
    )
    expect(() => rowsOfStep({ ...base, step: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: The step must be a whole number of at least 0, not -1.]`,
    )
    expect(() => rowsOfStep({ ...base, batchSize: 0, step: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: The batch size must be a whole number of at least 1, not 0.]`,
    )
  })
})

describe('the permutation', () => {
  it('is one, for every size up to 300 and around powers of four', () => {
    for (const size of [...Array.from({ length: 300 }, (_, at) => at + 1), 1023, 1024, 1025, 4097]) {
      const permute = permutation(size, ['test', size])
      const image = new Set(Array.from({ length: size }, (_, place) => permute(place)))
      expect(image.size).toBe(size)
      expect([...image].every(row => Number.isInteger(row) && row >= 0 && row < size)).toBe(true)
    }
  })

  it('puts each row at each place about equally often', () => {
    const size = 7
    const keys = 7000
    const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0))
    for (let key = 0; key < keys; key++) {
      const permute = permutation(size, ['uniform', key])
      for (let place = 0; place < size; place++) counts[place]![permute(place)]!++
    }
    // 49 cells of about 1000: the chi-squared statistic has 36 degrees of freedom; 99.9 % lie below 67.98.
    const expected = keys / size
    const chi = counts.flat().reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(chi).toBeLessThan(67.98)
  })

  it('leaves neighbours no closer than chance would', () => {
    const size = 10_000
    const permute = permutation(size, ['neighbours'])
    let close = 0
    for (let place = 1; place < size; place++)
      close += Math.abs(permute(place) - permute(place - 1)) < 100 ? 1 : 0
    expect(close / size).toBeGreaterThan(0.015)
    expect(close / size).toBeLessThan(0.025)
  })
})

describe('the variant of a row', () => {
  it('is deterministic, in range, and about uniform over epochs and rows', () => {
    const counts = [0, 0, 0, 0, 0]
    for (let epoch = 0; epoch < 50; epoch++) {
      for (let row = 0; row < 200; row++) {
        const variant = variantOf(3, epoch, `row-${row}`, 5)
        expect(variant).toBe(variantOf(3, epoch, `row-${row}`, 5))
        counts[variant]!++
      }
    }
    const chi = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)
    expect(chi).toBeLessThan(18.47)
  })

  it('is 0 where there is one text, and changes with the epoch and the seed', () => {
    expect(variantOf(1, 9, 'a', 1)).toBe(0)
    const over = (seed: number) =>
      Array.from({ length: 20 }, (_, epoch) => variantOf(seed, epoch, 'a', 4)).join('')
    expect(new Set(over(1)).size).toBeGreaterThan(1)
    expect(over(1)).not.toBe(over(2))
    expect(over(1)).not.toBe(over(1 + 2 ** 32))
  })
})
