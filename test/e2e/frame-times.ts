import type { Page } from '@playwright/test'

/** Milliseconds between the frames that a page drew. */
export type Gaps = readonly number[]

/** The gaps between frames while something is done to the page, from its first moment to a little after its last. */
export async function framesDuring(page: Page, act: () => Promise<void>): Promise<Gaps> {
  await page.bringToFront()
  const recorder = await page.evaluateHandle(() => {
    const times: number[] = []
    let on = true
    const frame = () => {
      times.push(performance.now())
      if (on) requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    return {
      stop: () =>
        new Promise<number[]>(resolve =>
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              on = false
              resolve(times)
            }),
          ),
        ),
    }
  })
  await act()
  const times = await recorder.evaluate(({ stop }) => stop())
  await recorder.dispose()
  return times.slice(1).map((time, i) => time - times[i]!)
}

export const quantile = (gaps: Gaps, share: number): number => {
  const sorted = [...gaps].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0
}
