import type { Page } from '@playwright/test'
import { expect, test } from './workbench.ts'

const WANTED = 50
const WATCHED_MS = 3000

interface Frames {
  readonly what: string
  /** Frames per second over the whole time. */
  readonly rate: number
  readonly median: number
  readonly late: number
}

/** How evenly the page draws for some seconds: milliseconds between frames. */
async function watch(page: Page, what: string): Promise<Frames> {
  const times = await page.evaluate(
    ms =>
      new Promise<number[]>(resolve => {
        const times: number[] = []
        const end = performance.now() + ms
        const frame = (now: number) => {
          times.push(now)
          if (now < end) requestAnimationFrame(frame)
          else resolve(times)
        }
        requestAnimationFrame(frame)
      }),
    WATCHED_MS,
  )
  const gaps = times
    .slice(1)
    .map((time, i) => time - times[i]!)
    .sort((a, b) => a - b)
  const at = (share: number) => gaps[Math.floor((gaps.length - 1) * share)]!
  const frames = {
    what,
    rate: (gaps.length * 1000) / (times.at(-1)! - times[0]!),
    median: at(0.5),
    late: at(0.95),
  }
  const { rate, median, late } = frames
  console.log(
    `${what}: ${rate.toFixed(1)} frames/s; between frames ${median.toFixed(1)} ms (median), ${late.toFixed(1)} ms (95th percentile)`,
  )
  return frames
}

test('the page keeps its frames while the engine compiles and trains', async ({ workbench }) => {
  // A width that no other test has: it must be compiled.
  const params = { vision: { width: 48, depth: 3 }, text: { width: 48, depth: 3 } }
  const { window } = await workbench.start({ steps: 1_000_000, seed: 51, params })
  const { page } = window
  // What the engine packs and learns beforehand is another matter: only compiling is measured.
  const compiling = new Promise<void>(resolve => {
    const look = setInterval(() => {
      if (!window.events.some(e => e.type === 'node' && e.node === 'train')) return
      clearInterval(look)
      resolve()
    }, 50)
  })
  const idle = await watch(page, 'idle')
  await window.button('Run').click()
  await compiling
  const compile = await watch(page, 'while it compiles')
  expect(window.losses(), 'it was still compiling').toHaveLength(0)
  await expect.poll(() => window.losses().length, { timeout: 60_000 }).toBeGreaterThan(50)
  let training = await watch(page, 'while it trains')
  // Something else may have had the machine just then.
  for (let more = 2; more > 0 && training.rate < WANTED; more--)
    training = await watch(page, 'while it trains, once more')
  const again = window.losses().length
  expect(again, 'it was training').toBeGreaterThan(60)
  await window.press('Stop', /Stopped/)
  const idleAgain = await watch(page, 'idle again')

  // A machine that can't draw an idle page faster is not asked for more than nine tenths of that.
  const wanted = Math.min(WANTED, 0.9 * Math.min(idle.rate, idleAgain.rate))
  for (const frames of [compile, training]) expect(frames.rate, frames.what).toBeGreaterThanOrEqual(wanted)
})
