import { expect, test } from './workbench.ts'

test('a run is watched as it trains', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 2500, seed: 11 })
  const { page } = window
  await page.screenshot({ path: '/tmp/tt/idle.png' })
  await window.button('Run').click()
  await expect(window.progress).toHaveText(/step \d+ \/ 2,?500/, { timeout: 90_000 })
  await page.screenshot({ path: '/tmp/tt/train.png' })
  await window.finished()
  await page.screenshot({ path: '/tmp/tt/done.png' })
})
