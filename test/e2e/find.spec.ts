import { readFile } from 'node:fs/promises'
import { parseGraph } from '../../src/graph/parse.ts'
import { smallGraph } from './graphs.ts'
import { expect, test } from './workbench.ts'

const WISH = { steps: 5, seed: 51 }

test('nodes are found by title, id, type and value, and shown', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await page.keyboard.press('Control+f')
  const find = page.getByRole('dialog', { name: 'Find in the graph' })
  await expect(find.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('patch 8')
  await expect(find.getByRole('option')).toHaveCount(1)
  await page.screenshot({ path: info.outputPath('find.png') })
  await page.keyboard.press('Enter')
  await expect(find).toBeHidden()
  await expect(window.inspector.getByText('vision', { exact: true }).first()).toBeVisible()

  // With the mouse.
  await page.keyboard.press('Control+f')
  await find.getByRole('combobox').fill('zero-shot')
  await find.getByRole('option').first().click()
  await expect(window.inspector.getByText('evaluation.zeroShot').first()).toBeVisible()
})

test('keys are changed, say what they share, and are kept', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await dialog.getByRole('textbox', { name: 'Search commands and keys' }).fill('mute')
  await dialog.getByRole('button', { name: 'Add a key for Mute, or run again' }).click()
  await page.keyboard.press('Control+b')
  await expect(dialog.getByRole('alert')).toContainText('Ctrl+B: Bypass, or run again')
  await page.screenshot({ path: info.outputPath('keys.png') })
  await dialog.getByRole('button', { name: 'Take Ctrl+B from Mute, or run again' }).click()
  await expect(dialog.getByRole('alert')).toHaveCount(0)
  // By keyboard alone.
  await dialog.getByRole('button', { name: 'Add a key for Mute, or run again' }).focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('x')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await window.select('vision')
  await page.keyboard.press('x')
  await expect(window.card('vision')).toHaveAccessibleName(/, muted/)
  window.expectProblems(/beforeunload/)
  await page.keyboard.press('Control+z')
  await expect(window.card('vision')).not.toHaveAccessibleName(/, muted/)

  await page.reload()
  await expect(window.card('train')).toBeVisible()
  await window.select('vision')
  await page.keyboard.press('x')
  await expect(window.card('vision')).toHaveAccessibleName(/, muted/)
})

test('every command is found by its name', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await window.select('vision')
  await page.keyboard.press('Control+Shift+p')
  const commands = page.getByRole('dialog', { name: 'Commands' })
  await page.screenshot({ path: info.outputPath('commands.png') })
  await commands.getByRole('combobox').fill('bypass')
  await page.keyboard.press('Enter')
  await expect(window.card('vision')).toHaveAccessibleName(/, bypassed/)
})

test('templates have a picture and say what they teach', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await page.keyboard.press('Control+o')
  const dialog = page.getByRole('dialog', { name: 'Open a graph' })
  const template = dialog.getByRole('button', { name: /^CLIP on scenes/ })
  await expect(template).toContainText('Where contrastive models fail')
  await expect(template.locator('svg rect').first()).toBeVisible()
  await page.screenshot({ path: info.outputPath('templates-light.png') })
  await template.click()
  await expect(page.getByRole('button', { name: /^CLIP on scenes/ })).toBeVisible()
})

test('a node of an unknown type keeps its wires and settings', async ({ workbench }) => {
  const text = smallGraph(WISH).replace('"layer.normalize"', '"layer.fromTheFuture"')
  const { writeFile } = await import('node:fs/promises')
  await writeFile(workbench.graph, text)
  const window = await workbench.window(await workbench.serve().address())
  const id = Object.entries(parseGraph(text).document!.nodes).find(
    ([, n]) => n.type === 'layer.fromTheFuture',
  )![0]
  await expect(window.card(id)).toHaveAccessibleName(/missing, \d fault/)
  await expect(window.wire('Linear projection output', 'layer.fromTheFuture input')).toBeAttached()
  await window.select('train')
  await window.type('Steps', '6')
  await window.page.keyboard.press('Control+s')
  await expect(window.dirty).toBeHidden()
  const kept = parseGraph(await readFile(workbench.graph, 'utf8')).document!
  expect(kept.nodes[id]).toEqual(parseGraph(text).document!.nodes[id])

  // Nobody knows what it gives; its wires can be led around things all the same.
  await window.wire('layer.fromTheFuture output', 'Pair logits').focus()
  await window.page.keyboard.press('Enter')
  await window.page.keyboard.press('r')
  await expect(window.wire('layer.fromTheFuture output', 'Reroute in')).toBeAttached()
})
