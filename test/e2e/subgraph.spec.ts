import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applyCommand } from '../../src/graph/apply-command.ts'
import type { GraphCommand } from '../../src/graph/commands.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { smallGraph } from './graphs.ts'
import type { WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const WISH = { steps: 5, seed: 41 }

async function saved({ page, dirty }: WorkbenchWindow, path: string) {
  await page.keyboard.press('Control+s')
  await expect(dirty).toBeHidden()
  return parseGraph(await readFile(path, 'utf8')).document!
}

test('a fault inside a subgraph is repaired from outside, by keyboard', async ({ workbench }) => {
  const { document } = parseGraph(smallGraph({ steps: 5, seed: 42 }))
  const misspelt: GraphCommand = { type: 'setParam', node: 'vision', path: ['pool'], value: 'meen' }
  const { document: wrong } = applyCommand(document!, misspelt)
  const made = makeSubgraph(wrong, ['vision', 'image_projection'], 'tower')
  await writeFile(workbench.graph, writeGraph(made.document))
  const window = await workbench.window(await workbench.serve().address())
  const { page, inspector } = window
  await expect(inspector.getByText(/meen/)).toBeVisible()
  await inspector.getByRole('button', { name: 'Use "mean"' }).press('Enter')
  await expect(inspector.getByText('No problems. Ready to run.')).toBeVisible()
  await page.keyboard.press('Control+z')
  await expect(inspector.getByText(/meen/)).toBeVisible()
  await page.keyboard.press('Control+Shift+z')
  const doc = await saved(window, workbench.graph)
  expect(doc.defs.tower!.nodes.vision!.params.pool).toBe('mean')
})

async function makeTower(window: WorkbenchWindow) {
  await window.pick('vision', 'image_projection')
  await window.page.keyboard.press('Control+Shift+e')
  await expect(window.card('subgraph')).toBeVisible()
}

test('a subgraph is made, entered, edited, left, run and unpacked', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page, inspector } = window
  const before = parseGraph(await readFile(workbench.graph, 'utf8')).document!
  await makeTower(window)
  await page.screenshot({ path: info.outputPath('made.png') })

  // With the mouse in, edited there, and back by the way that is shown.
  await window.card('subgraph').locator('header').dblclick()
  const way = page.getByRole('navigation', { name: 'Way into the subgraph' })
  await expect(way).toBeVisible()
  await expect(window.card('@in')).toBeVisible()
  await expect(window.card('@out')).toBeVisible()
  await page.screenshot({ path: info.outputPath('inside.png') })
  await inspector.getByLabel('Name of the output output').fill('embedding')
  await inspector.getByLabel('Name of the output output').press('Enter')
  await expect(inspector.getByLabel('Name of the output embedding')).toBeVisible()
  await window.select('vision')
  await window.type('Depth', '2')
  await page.keyboard.press('Escape')
  await way.getByRole('button', { name: 'Small CLIP' }).click()
  await expect(way).toBeHidden()
  await expect(window.card('train')).toBeVisible()
  const doc = await saved(window, workbench.graph)
  expect(doc.defs.subgraph!.nodes.vision!.params.depth).toBe(2)
  expect(Object.keys(doc.defs.subgraph!.out)).toEqual(['embedding'])

  // By keyboard in and out.
  await window.select('subgraph')
  await page.keyboard.press('Alt+ArrowDown')
  await expect(way).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(way).toBeHidden()

  await window.button('Run').click()
  await window.finished()

  await window.select('subgraph')
  await page.keyboard.press('Control+Shift+u')
  await expect(window.card('vision')).toBeVisible()
  const flat = await saved(window, workbench.graph)
  expect(flat.defs).toEqual({})
  expect(flat.nodes.image_unit?.in ?? flat.nodes.logits!.in).toEqual(
    before.nodes.image_unit?.in ?? before.nodes.logits!.in,
  )
  // One step of undo for each thing that a person did.
  await page.keyboard.press('Control+z')
  await expect(window.card('subgraph')).toBeVisible()
})

test('a subgraph is wired at its edge, and shared as a file', async ({ workbench }, info) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await makeTower(window)
  await window.select('subgraph')
  await page.keyboard.press('Alt+ArrowDown')
  await expect(window.card('@out')).toBeVisible()
  const from = await window.centreOf(window.port('vision', 'Output', 'pooled'))
  const to = await window.centreOf(window.port('@out', 'Input', '\\+'))
  await window.drag(from, to)
  await expect(window.port('@out', 'Input', 'pooled')).toBeAttached()
  await page.screenshot({ path: info.outputPath('edge.png') })

  await page.keyboard.press('Escape')
  await window.inspector.getByRole('button', { name: 'Save as a file…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Save the subgraph as a file' })
  await dialog.getByLabel('Name').fill('tower')
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText(/^Subgraph written/)).toBeVisible()
  const file = parseGraph(await readFile(join(workbench.folder, 'tower.json'), 'utf8')).document!
  expect(file.defs.subgraph!.out).toEqual({ output: 'image_projection.output', pooled: 'vision.pooled' })

  // In another graph, by keyboard: from the list of commands.
  await page.keyboard.press('Control+Alt+n')
  await page.keyboard.press('Control+Shift+p')
  await page.keyboard.type('subgraph from a file')
  await page.keyboard.press('Enter')
  const pick = page.getByRole('dialog', { name: 'Add a subgraph from a file' })
  await pick.getByRole('button', { name: /tower\.json/ }).focus()
  await page.keyboard.press('Enter')
  await expect(window.card('subgraph')).toBeVisible()
  await expect(window.inspector.getByText('Copied from tower.json')).toBeVisible()
  await page.screenshot({ path: info.outputPath('imported.png') })

  // Its file has changed since: updated on request only.
  const path = join(workbench.folder, 'tower.json')
  await writeFile(path, (await readFile(path, 'utf8')).replace('"size": 32', '"size": 48'))
  await window.inspector.getByRole('button', { name: 'Update from its file…' }).click()
  await page
    .getByRole('dialog', { name: 'Update “subgraph” from a file' })
    .getByRole('button', { name: /tower\.json/ })
    .click()
  await expect(page.getByText('“subgraph” was updated')).toBeVisible()
  await page.keyboard.press('Alt+ArrowDown')
  await expect(window.card('image_projection')).toContainText('size 48')
})
