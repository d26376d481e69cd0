import { expect, test } from 'vitest'
import { randomFrom } from '../graph/mutate.ts'
import { growthPerEvent, logBytes, mostArrayBytes, type Sample } from './growth.ts'

/** A process that holds 10 MB, its data, and `leak` bytes of each event, measured with some noise. */
function samplesOf(leak: number): Sample[] {
  const random = randomFrom(5)
  return Array.from({ length: 11 }, (_, i) => {
    const events = 2000 + 500 * i
    const data = 80 * events
    // Now and then a collection leaves something for the next.
    const noise = random() * 50_000 + (i === 4 ? 2_000_000 : 0)
    return { events, data, bytes: 10_000_000 + data + leak * events + noise }
  })
}

test('growth is what events leave beyond their data, whatever one odd sample says', () => {
  expect(Math.abs(growthPerEvent(samplesOf(0)))).toBeLessThan(15)
  expect(growthPerEvent(samplesOf(130))).toBeGreaterThan(110)
})

test('data: places that double, and the newest lines of a log', () => {
  expect(mostArrayBytes(256, 1)).toBe(2 * 256 * 32)
  expect(mostArrayBytes(257, 2)).toBe(3 * 512 * 32)
  const line = JSON.stringify({ a: 1 }).length + 28
  const log = (length: number) => Array.from({ length }, () => ({ a: 1 }))
  expect(logBytes(log(8192))).toBe(8192 * line)
  expect(logBytes(log(8193))).toBe((4096 + 1) * line)
  expect(logBytes(log(20_000))).toBe((4096 + ((20_000 - 8192) % 4096)) * line)
})
