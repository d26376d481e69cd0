import { expect, it } from 'vitest'
import {
  ago,
  count,
  duration,
  percent,
  plural,
  rate,
  short,
  steady,
  whole,
} from '../../src/renderer/ui/format.ts'

it('writes numbers in four digits, very small and very large ones in powers of ten', () => {
  const numbers = [0, 1, -1, 2.34151, 0.001, 0.000333, -12_400, 999_999, 1.5e6, 1 / 3, 1e-12]
  expect(numbers.map(short)).toEqual([
    '0',
    '1',
    '−1',
    '2.342',
    '0.001',
    '3.33e-4',
    '−12,400',
    '999,999',
    '1.5e6',
    '0.3333',
    '1e-12',
  ])
  expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(short)).toEqual([
    'not a number',
    '∞',
    '−∞',
  ])
})

it('writes a loss so that it keeps its width while it changes', () => {
  expect([2, 0.8071234, 12.5, 345.678, 0].map(steady)).toEqual([
    '2.0000',
    '0.8071',
    '12.5000',
    '345.68',
    '0.0000',
  ])
  expect([0.00012, Number.NaN].map(steady)).toEqual(['1.2e-4', 'not a number'])
})

it('writes times, rates and counts', () => {
  expect([0.42, 9.94, 9.96, 62, 3599.6, 3720, -1, Number.NaN].map(duration)).toEqual([
    '0.4 s',
    '9.9 s',
    '10 s',
    '1 min 02 s',
    '1 h 00 min',
    '1 h 02 min',
    '–',
    '–',
  ])
  expect([2.34, 38.2, 0.2, 0].map(rate)).toEqual(['2.3 steps/s', '38 steps/s', '5 s/step', '–'])
  expect([300, 12_345, 1_912_321, 3e9].map(count)).toEqual(['300', '12.3 k', '1.9 M', '3.0 G'])
  expect([percent(0.3784), whole(1234567), plural(1, 'error'), plural(2000, 'row')]).toEqual([
    '37.8 %',
    '1,234,567',
    '1 error',
    '2,000 rows',
  ])
  const minute = 60_000
  expect([0.5, 5, 90, 3000].map(m => ago(0, m * minute))).toEqual([
    'just now',
    '5 min ago',
    '1 h ago',
    '2 days ago',
  ])
})
