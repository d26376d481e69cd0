import { barriers } from './axe.ts'
import { expect, test } from './workbench.ts'

for (const theme of ['Light', 'Dark'] as const)
  test(`no view keeps anyone out, ${theme.toLowerCase()}`, async ({ workbench }, info) => {
    const { window } = await workbench.start({ steps: 5, seed: 62 })
    const { page, canvas } = window
    await window.theme(theme)
    const shot = (name: string) => page.screenshot({ path: info.outputPath(`${name}.png`) })
    const clean = async (view: string) => {
      await shot(view)
      expect(await barriers(page), view).toEqual([])
    }
    await window.select('batch')
    await clean('node')
    await window.card('vision').locator('header').click()
    await window
      .card('image_projection')
      .locator('header')
      .click({ modifiers: ['Shift'] })
    await page.keyboard.press('Control+g')
    await clean('group')
    await page.keyboard.press('Control+b')
    await clean('bypassed')
    await page.keyboard.press('Control+b')
    await page.keyboard.press('Control+Shift+e')
    await page.keyboard.press('Alt+ArrowDown')
    await expect(canvas.getByRole('group', { name: /^Outputs/ })).toBeVisible()
    await clean('subgraph')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+f')
    await clean('find')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Shift+p')
    await clean('commands')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await clean('keys')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+o')
    await expect(
      page
        .getByRole('dialog')
        .getByRole('button', { name: /CLIP on emoji/ })
        .first(),
    ).toBeVisible()
    await clean('templates')
  })
