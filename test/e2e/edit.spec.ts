import { readFile, writeFile } from 'node:fs/promises'
import { smallGraph } from './graphs.ts'
import { expect, test } from './workbench.ts'

const WISH = { steps: 5, seed: 21 }

test('a parameter is edited in the inspector, and the run uses it', async ({ workbench }) => {
  const { window } = await workbench.start(WISH)
  await window.select('train')
  await window.type('Steps', '8')
  await expect(window.dirty).toBeVisible()
  await window.select('schedule')
  await window.type('Rate', '0.05')
  await window.button('Run').click()
  await window.finished()
  await expect(window.progress).toHaveText(/^step 8 \/ 8 /)
  expect(window.losses()).toHaveLength(8)
  // The warm-up of 10 steps has come to 8 tenths of the rate.
  await expect(window.chart('Learning rate').getByText('0.04', { exact: true })).toBeVisible()
})

test('a wrong wire says what is wrong, on the wire and on the node, and undo takes it back', async ({
  workbench,
}) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await window.zoomTo('image_projection')
  const from = await window.centreOf(window.port('text', 'Output', 'feat'))
  const to = await window.centreOf(window.port('image_projection', 'Input', 'input'))
  await window.drag(from, to)
  const wire = window.wire('Text transformer encoder feat', 'Linear projection input, fault: ')
  await expect(wire).toBeVisible()
  const message = /fault: (.*)$/.exec((await wire.getAttribute('aria-label')) ?? '')?.[1] ?? ''
  expect(message).toMatch(/feat/i)
  const card = window.card('image_projection')
  await expect(card).toContainText(message, { ignoreCase: true })
  await expect(window.inspector.getByText(message).first()).toBeVisible()
  // Pointed at, the wire says it too: it is on the card, on the wire, and told to a screen reader.
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 })
  await expect(window.canvas.getByText(message)).toHaveCount(3)
  await expect(window.button('Run')).toHaveAttribute('aria-disabled', 'true')

  await page.getByRole('button', { name: /^Undo: / }).click()
  await expect(wire).toBeHidden()
  await expect(window.wire('ViT image encoder pooled', 'Linear projection input')).toBeVisible()
  await expect(card).not.toContainText(message)
  await expect(window.button('Run')).not.toHaveAttribute('aria-disabled', 'true')
})

test('edits are undone, redone, saved, and there after a reload with the last results', async ({
  workbench,
}) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await window.button('Run').click()
  await window.finished()
  await window.select('train')
  const steps = window.inspector.getByLabel('Steps', { exact: true })
  await window.type('Steps', '9')
  await page.getByRole('button', { name: /^Undo: / }).click()
  await expect(steps).toHaveValue('5')
  await expect(window.dirty).toBeHidden()
  await page.getByRole('button', { name: /^Redo: / }).click()
  await expect(steps).toHaveValue('9')
  await page.keyboard.press('Control+s')
  await expect(window.dirty).toBeHidden()
  expect(await readFile(workbench.graph, 'utf8')).toBe(smallGraph({ ...WISH, steps: 9 }))

  await page.reload()
  await expect(window.card('train')).toBeVisible()
  await expect(window.state).toHaveText('Done')
  await expect(window.progress).toHaveText(/^step 5 \/ 5 /)
  await window.select('train')
  await expect(steps).toHaveValue('9')
  await window.tab('Reports')
  await expect(window.runs.getByRole('row', { name: /recall@1 / }).first()).toBeVisible()
  await expect(window.runs.getByRole('listitem').getByRole('img').first()).toBeVisible()
})

test('nodes are added, duplicated and deleted', async ({ workbench }) => {
  const { window } = await workbench.start(WISH)
  const { page, canvas } = window
  const cards = canvas.getByRole('group', { name: /, (layer|note|data|encoder)\b/ })
  const before = await cards.count()

  // From the list, by search.
  await window.palette.getByRole('searchbox', { name: 'Search nodes' }).fill('normal')
  await page.keyboard.press('Enter')
  await expect(cards).toHaveCount(before + 1)
  await expect(window.inspector.getByText('layer.normalize').first()).toBeVisible()
  await page.keyboard.press('Escape')

  // From the list, with the mouse.
  const box = (await canvas.boundingBox())!
  await window.palette
    .getByRole('button', { name: /^Picture folder/ })
    .dragTo(canvas, { targetPosition: { x: box.width / 2, y: box.height - 60 } })
  await expect(cards).toHaveCount(before + 2)

  // By a wire that is dropped on the canvas.
  const from = await window.centreOf(window.port('train_emoji', 'Output', 'dataset'))
  await window.drag(from, { x: box.x + box.width / 2, y: box.y + 60 })
  const search = page.getByRole('dialog', { name: 'Add a node for dataset' })
  await search.getByRole('combobox').fill('shuffle column')
  await page.keyboard.press('Enter')
  await expect(cards).toHaveCount(before + 3)
  await expect(window.wire('Emoji dataset', 'Shuffle column dataset')).toBeAttached()

  await page.keyboard.press('Control+d')
  await expect(cards).toHaveCount(before + 4)
  await page.keyboard.press('Delete')
  await expect(cards).toHaveCount(before + 3)
  for (let i = 0; i < 5; i++) await page.keyboard.press('Control+z')
  await expect(cards).toHaveCount(before)
})

test('edits that were not saved come back after the server was killed', async ({ workbench }) => {
  const { server, window } = await workbench.start(WISH)
  window.expectProblems(/WebSocket|ERR_CONNECTION|net::/)
  await window.select('train')
  await window.type('Steps', '7')
  await expect(window.dirty).toBeVisible()
  // The host has it on the disk within a second.
  await window.page.waitForTimeout(1000)
  await server.kill()
  const overlay = window.page.getByRole('alertdialog', { name: 'Reconnecting' })
  await expect(overlay).toBeVisible()
  // Nothing behind it hears a key: what is edited now would be on no disk.
  for (const key of ['9', 'Space', 'Control+z', 'Escape', 'Escape', 'Escape', 'Delete'])
    await window.page.keyboard.press(key)
  await expect(window.card('train')).toBeAttached()
  await expect(overlay).toBeVisible()
  const [file] = await Promise.all([
    window.page.waitForEvent('download'),
    overlay.getByRole('button', { name: 'Download the graph' }).click(),
  ])
  expect(await readFile((await file.path())!, 'utf8')).toBe(smallGraph({ ...WISH, steps: 7 }))
  await window.page.close()

  const again = workbench.serve()
  const second = await workbench.window(await again.address())
  await expect(second.page.getByText('One edit was brought back')).toBeVisible()
  await expect(second.dirty).toBeVisible()
  await second.select('train')
  await expect(second.inspector.getByLabel('Steps', { exact: true })).toHaveValue('7')
})

test('a file that someone else has changed is not overwritten', async ({ workbench }) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await window.select('train')
  await window.type('Steps', '7')
  const theirs = smallGraph({ ...WISH, title: 'Theirs' })
  await writeFile(workbench.graph, theirs)
  await page.keyboard.press('Control+s')
  const notice = page.getByRole('status').filter({ hasText: 'The file has changed on the disk' })
  await expect(notice).toBeVisible()
  expect(await readFile(workbench.graph, 'utf8')).toBe(theirs)
  await notice.getByRole('button', { name: 'Keep mine' }).click()
  await page.keyboard.press('Control+s')
  await expect(window.dirty).toBeHidden()
  expect(await readFile(workbench.graph, 'utf8')).toBe(smallGraph({ ...WISH, steps: 7 }))
})

test('a second window only reads, until it takes over', async ({ workbench }) => {
  const { server, window } = await workbench.start(WISH)
  const second = await workbench.window(await server.address(2))
  const notice = (w: typeof second) => w.page.getByRole('status').filter({ hasText: 'Read-only.' })
  await expect(notice(second)).toBeVisible()
  await second.select('train')
  await expect(second.inspector.getByLabel('Steps', { exact: true })).toBeDisabled()
  await second.page.keyboard.press('Delete')
  await expect(second.card('train')).toBeVisible()

  await notice(second).getByRole('button', { name: 'Take over' }).click()
  await expect(notice(second)).toBeHidden()
  await expect(notice(window)).toBeVisible()
  await second.type('Steps', '6')
  await expect(second.dirty).toBeVisible()
})
