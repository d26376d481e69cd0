import { whole } from '../../src/renderer/ui/format.ts'
import { headlessLosses } from './headless.ts'
import { expect, test } from './workbench.ts'

const HALF_A_SECOND = 500

test('a run is watched: chart, card and progress move, and reports come', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 3000, seed: 11 })
  await expect(window.state).toBeHidden()
  await window.button('Run').click()
  await expect(window.progress).toHaveText(/step \d[\d,]* \/ 3,?000 · .* steps\/s · .* left/, {
    timeout: 90_000,
  })
  const loss = window.chart('Loss')
  const [before, at] = [await loss.screenshot(), await window.taken()]
  await expect.poll(() => window.taken()).toBeGreaterThan(at + 50)
  expect(before.equals(await loss.screenshot()), 'the drawn loss has changed').toBe(false)
  await window.zoomTo('train')
  const card = window.card('train')
  await expect(card.getByText(/^step [\d,]+ \/ 3,000$/)).toBeVisible()
  await window.finished()
  await expect(window.progress).toHaveText(/^step 3,?000 \/ 3,?000 · /)

  await window.tab('Reports')
  const { runs } = window
  await expect(runs.getByRole('heading', { name: 'Metrics' })).toBeVisible()
  await expect(runs.getByRole('row', { name: /recall@1 .*%/ }).first()).toBeVisible()
  const pictures = runs.getByRole('listitem').getByRole('img')
  await expect(pictures.first()).toBeVisible()
  await expect
    .poll(() =>
      pictures
        .first()
        .evaluate(element => (element as unknown as { readonly naturalWidth: number }).naturalWidth),
    )
    .toBeGreaterThan(0)
  await runs.getByRole('button', { name: 'Zero-shot classifier' }).click()
  await expect(runs.getByRole('img', { name: /9 by 9/ })).toBeVisible()
})

test('pause, step, resume and stop answer within half a second while it trains', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 1_000_000, seed: 12 })
  await window.button('Run').click()
  await expect(window.progress).toHaveText(/step \d/, { timeout: 90_000 })
  await expect.poll(() => window.taken()).toBeGreaterThan(20)

  const paused = await window.press('Pause', /Paused/)
  await window.page.waitForTimeout(200)
  const at = await window.taken()
  const stepped = await window.press('Step', new RegExp(`step ${whole(at + 1)} /`))
  await window.page.waitForTimeout(300)
  expect(await window.taken()).toBe(at + 1)

  const resumed = await window.press('Resume', /Running/)
  await expect.poll(() => window.taken()).toBeGreaterThan(at + 20)
  const stopping = await window.press('Stop', /Stopping|Stopped/)
  await window.finished(/Stopped/)
  const times = { paused, stepped, resumed, stopping }
  const shown = Object.entries(times).map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
  console.log(`controls, from the click to the state shown: ${shown.join(', ')}`)
  for (const [name, ms] of Object.entries(times)) expect(ms, name).toBeLessThan(HALF_A_SECOND)
})

test('the losses that are watched are those of a headless run, to the last bit', async ({ workbench }) => {
  const steps = 60
  const { window } = await workbench.start({ steps, seed: 13 })
  await window.button('Run').click()
  await window.finished()
  const headless = await headlessLosses(workbench)
  expect(headless).toHaveLength(steps)
  expect(window.losses()).toEqual(headless)
})
