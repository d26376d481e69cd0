import { barriers } from './axe.ts'
import { expect, test } from './workbench.ts'

const TABS = ['Charts', 'Reports', 'Log', 'Runs'] as const

for (const theme of ['Light', 'Dark'] as const)
  test(`a run, its dialogs and its faults keep no one out, ${theme.toLowerCase()}`, async ({
    workbench,
  }, info) => {
    const { window } = await workbench.start({ steps: 5, seed: 62 })
    const { page, canvas, inspector } = window
    await window.theme(theme)
    const clean = async (view: string) => {
      await page.screenshot({ path: info.outputPath(`${view}.png`) })
      expect.soft(await barriers(page), view).toEqual([])
    }
    const closed = async (view: string) => {
      await clean(view)
      await page.keyboard.press('Escape')
    }
    await clean('graph')
    await page.getByRole('button', { name: 'File', exact: true }).click()
    await closed('file menu')
    await page.getByRole('button', { name: 'Theme' }).click()
    await closed('theme menu')
    await page.keyboard.press('Control+Shift+s')
    await expect(page.getByRole('dialog')).toBeVisible()
    await closed('save')
    await page.keyboard.press('Control+,')
    await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible()
    await closed('settings')
    await page.keyboard.press('Control+k')
    await closed('add a node')

    await window.wire('ViT image encoder pooled', 'Linear projection input').focus()
    await page.keyboard.press('Enter')
    await clean('wire')
    await page.keyboard.press('Escape')
    await window.pick('vision', 'text')
    await clean('several nodes')
    await page.keyboard.press('Escape')

    await window.button('Run').click()
    await window.finished()
    for (const tab of TABS) {
      await window.tab(tab)
      await clean(`after a run, ${tab.toLowerCase()}`)
    }
    await window.select('train')
    await clean('after a run, train')

    // A fault, and what the inspector says of it; then from so far that cards are their names, and their colours.
    await window.select('vision')
    await window.type('Heads', '7')
    await expect(window.card('vision')).toHaveAccessibleName(/fault/)
    await clean('fault')
    await inspector.getByRole('button', { name: /^Mute/ }).focus()
    await page.keyboard.press('Escape')
    const { x, y } = await window.centreOf(canvas)
    await page.mouse.move(x, y)
    for (const view of ['afar', 'farthest']) {
      for (let turns = 0; turns < 8; turns++) await page.mouse.wheel(0, 120)
      await page.waitForTimeout(400)
      await clean(view)
    }
  })
