import { expect, test } from 'vitest'
import { planOf } from './plan.ts'

const plans = (seed: number) => Array.from({ length: 300 }, (_, i) => planOf(seed, i + 1))
const seen = ({ random: _, ...plan }: ReturnType<typeof planOf>) => plan

test('a kill is the same for its seed and number, and no two seeds are alike', () => {
  expect(plans(7).map(seen)).toEqual(plans(7).map(seen))
  expect(planOf(7, 12).random()).toBe(planOf(7, 12).random())
  expect(plans(7).map(p => p.afterMs)).not.toEqual(plans(8).map(p => p.afterMs))
})

test('thirty kills take each process several times, in each phase; many come at moments all over it', () => {
  for (const seed of [1, 7, 2026]) {
    const thirty = plans(seed).slice(0, 30)
    for (const victim of ['page', 'browser', 'host', 'engine'] as const)
      expect(thirty.filter(p => p.victims.includes(victim)).length, victim).toBeGreaterThan(2)
    for (const during of ['start', 'session', 'training'])
      expect(thirty.filter(p => p.during === during).length, during).toBeGreaterThan(2)
    const moments = plans(seed).map(p => p.afterMs)
    for (let from = 0; from < 1500; from += 300)
      expect(moments.filter(ms => ms >= from && ms < from + 300).length, `${from} ms`).toBeGreaterThan(30)
  }
})
