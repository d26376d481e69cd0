import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseGraph } from '../../src/graph/parse.ts'
import { expect, test } from './workbench.ts'

test('several graphs are open, each with its edits and its undo', async ({ workbench }, info) => {
  const { window } = await workbench.start({ title: 'First', steps: 5, seed: 71 })
  const second = join(workbench.folder, 'second.json')
  await workbench.write({ title: 'Second', steps: 6, seed: 72 }, second)
  const { page, inspector } = window
  const tab = (name: string) => page.getByRole('tab', { name })
  const steps = inspector.getByLabel('Steps', { exact: true })
  await window.select('train')
  await window.type('Steps', '9')
  await expect(window.dirty).toBeVisible()

  await page.keyboard.press('Control+o')
  const dialog = page.getByRole('dialog', { name: 'Open a graph' })
  await dialog.getByRole('tab', { name: 'Browse' }).click()
  await dialog.getByRole('button', { name: /second\.json/ }).click()
  await expect(tab('Second')).toHaveAttribute('aria-selected', 'true')
  await expect(tab('First, unsaved edits')).toBeVisible()
  await window.select('train')
  await expect(steps).toHaveValue('6')
  await window.type('Steps', '7')
  await page.screenshot({ path: info.outputPath('tabs.png') })

  // With the mouse back: the edits are there, and so is their undo.
  await tab('First, unsaved edits').click()
  await expect(steps).toHaveValue('9')
  await page.keyboard.press('Control+z')
  await expect(steps).toHaveValue('5')
  await page.keyboard.press('Control+Shift+z')
  await page.keyboard.press('Control+s')
  await expect(tab('First').first()).toBeVisible()

  // A reload brings all of them back.
  page.on('dialog', dialog => void dialog.accept())
  await page.reload()
  await expect(tab('First')).toHaveAttribute('aria-selected', 'true')
  await expect(tab('Second, unsaved edits')).toBeVisible()

  // By keyboard on, and away.
  await page.keyboard.press('Control+Alt+ArrowRight')
  await expect(tab('Second, unsaved edits')).toHaveAttribute('aria-selected', 'true')
  await window.select('train')
  await expect(steps).toHaveValue('7')
  await page.keyboard.press('Control+s')
  await expect(window.dirty).toBeHidden()
  expect(parseGraph(await readFile(workbench.graph, 'utf8')).document!.nodes.train!.params.steps).toBe(9)
  expect(parseGraph(await readFile(second, 'utf8')).document!.nodes.train!.params.steps).toBe(7)
  await page.keyboard.press('Control+Alt+w')
  await expect(page.getByRole('tab', { name: 'Second' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: /^First graph\.json/ })).toBeVisible()

  // A tab whose edits would be lost asks.
  await page.keyboard.press('Control+Alt+n')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('note')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+Alt+w')
  await page
    .getByRole('dialog', { name: 'Save your edits?' })
    .getByRole('button', { name: "Don't save" })
    .click()
  await expect(page.getByRole('button', { name: /^First graph\.json/ })).toBeVisible()
})
