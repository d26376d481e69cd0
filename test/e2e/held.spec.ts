import { barriers } from './axe.ts'
import { camera, THEMES } from './camera.ts'
import { expect, test } from './workbench.ts'

const ATTEMPT = { timeout: 90_000 }

for (const theme of THEMES)
  test(`a held run: every view of it, which keeps no one out, ${theme.toLowerCase()}`, async ({
    workbench,
  }, info) => {
    // Three programs are compiled: the step, the step as it is changed, and the view of its weights.
    const { window } = await workbench.start({
      ...{ title: 'CLIP on emoji', steps: 200, seed: 43 },
      params: { train: { steps: 200, checkpointEvery: 20 } },
    })
    const { page, runs } = window
    const picture = await camera(window, theme, info)
    const take = async (name: string) => {
      await page.mouse.move(720, 5)
      await picture(name)
      expect.soft(await barriers(page), name).toEqual([])
    }
    await window.theme(theme)
    await window.button('Step').click()
    await expect(window.state).toHaveText(/Paused/, ATTEMPT)
    const bar = runs.getByRole('group', { name: 'Steps' })
    const place = bar.getByTestId('step-place')
    const count = bar.getByRole('spinbutton', { name: 'Steps at once' })
    await count.fill('60')
    await bar.getByRole('button', { name: 'Step 60 forward' }).click()
    await expect(place).toHaveText('60 of 200', ATTEMPT)
    await count.fill('20')
    await bar.getByRole('button', { name: 'Back 20 steps' }).click()
    await expect(place).toHaveText('40 of 200, 60 taken', ATTEMPT)
    await bar.getByRole('button', { name: /^Hash/ }).click()
    await expect(bar.getByTestId('state-hash')).toHaveText(/^[0-9a-f]{12}$/)
    await take('stepping')

    await window.tab('Live')
    const rate = runs.getByLabel('Rate', { exact: true })
    await rate.fill('0.0005')
    await rate.press('Tab')
    await take('live')
    await runs.getByRole('button', { name: 'Apply from step 40' }).click()
    await expect(runs.getByRole('list', { name: 'Changed while it trained' })).toBeVisible(ATTEMPT)
    await bar.getByRole('button', { name: 'Step 20 forward' }).click()
    await expect(place).toHaveText('60 of 200', ATTEMPT)
    await window.tab('Charts')
    await take('edited')

    await window.tab('Weights')
    await expect(runs.getByText(/^step 60 of train, \d+ weights$/)).toBeVisible(ATTEMPT)
    await take('weights')

    await bar.getByRole('button', { name: 'Fork from here' }).click()
    const dialog = page.getByRole('dialog', { name: 'Fork this run' })
    await expect(dialog.getByLabel('Begins with')).toHaveValue('train 60')
    await take('fork')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Alt+Enter')
    await window.finished(/Stopped/)
  })
