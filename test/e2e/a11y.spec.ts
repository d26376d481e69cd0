import { expect, test } from './workbench.ts'

test('landmarks are named, and every control has a name', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 5, seed: 61 })
  const { page } = window
  await expect(page.getByRole('banner')).toBeVisible()
  await expect(page.getByRole('main', { name: 'Graph' })).toBeVisible()
  await expect(window.palette).toBeVisible()
  await expect(window.inspector).toBeVisible()
  await expect(window.runs).toBeVisible()
  await window.select('batch')

  const nameless = async (where: string) => {
    const snapshot = await page.locator('body').ariaSnapshot()
    // `- button` without a quoted name, in the tree that a screen reader gets.
    const found = snapshot
      .split('\n')
      .filter(line =>
        /^\s*- '?(button|textbox|combobox|checkbox|slider|tab|searchbox|spinbutton|switch|link|menuitem)( \[|:|$)/.test(
          line,
        ),
      )
    expect(found, where).toEqual([])
  }
  await nameless('an idle window')
  await window.tab('Runs')
  await nameless('the runs')
  await page.keyboard.press('Control+o')
  const dialog = page.getByRole('dialog', { name: 'Open a graph' })
  await expect(dialog.getByRole('button', { name: /CLIP on emoji/ }).first()).toBeVisible()
  await nameless('the open dialog')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
})

test('a graph is made and run with the keyboard alone', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 5, seed: 62 })
  const { page } = window
  await page.keyboard.press('Control+k')
  const search = page.getByRole('dialog', { name: 'Add a node' })
  await expect(search.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('projection')
  await page.keyboard.press('Enter')
  await expect(search).toBeHidden()
  // `c` wires the chosen node.
  await page.keyboard.press('c')
  const wires = page.getByRole('dialog', { name: 'Connect Linear projection' })
  await page.keyboard.type('vision) pooled')
  await expect(wires.getByRole('option').first()).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(window.wire('ViT image encoder pooled', 'Linear projection input')).toHaveCount(2)
  await page.keyboard.press('Control+Enter')
  await window.finished()
})
