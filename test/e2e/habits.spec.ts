import { readFile } from 'node:fs/promises'
import { parseGraph } from '../../src/graph/parse.ts'
import { viewOf } from './canvas-acts.ts'
import { smallGraph } from './graphs.ts'
import type { Point, WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const WISH = { steps: 5, seed: 91 }
/** A movement of the view has come to rest. */
const REST_MS = 500

async function saved({ page, dirty }: WorkbenchWindow, path: string) {
  await page.keyboard.press('Control+s')
  await expect(dirty).toBeHidden()
  return parseGraph(await readFile(path, 'utf8')).document!
}

const paste = async ({ page }: WorkbenchWindow, text?: string) => {
  if (text !== undefined) await page.evaluate(copied => navigator.clipboard.writeText(copied), text)
  await page.keyboard.press('Control+v')
}

/** Drags the canvas by the middle button. */
async function pan({ page }: WorkbenchWindow, from: Point, by: Point) {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down({ button: 'middle' })
  await page.mouse.move(from.x + by.x, from.y + by.y, { steps: 8 })
  await page.mouse.up({ button: 'middle' })
  await page.waitForTimeout(REST_MS)
}

test('copies never hide each other, stand where a person points, and are in sight', async ({ workbench }) => {
  const { window } = await workbench.start(WISH)
  const { page, canvas } = window
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await window.select('vision')
  await page.keyboard.press('Control+c')
  await paste(window)
  await paste(window)
  await expect(window.card('vision_3')).toBeVisible()
  const box = (await canvas.boundingBox())!
  const spot = { x: box.x + 120, y: box.y + box.height - 90 }
  await page.mouse.move(spot.x, spot.y)
  await paste(window)
  const there = (await window.card('vision_4').boundingBox())!
  expect(Math.hypot(there.x - spot.x, there.y - spot.y)).toBeLessThan(40)
  const { view } = await saved(window, workbench.graph)
  const places = ['vision', 'vision_2', 'vision_3', 'vision_4'].map(id => String(view[id]))
  expect(new Set(places).size).toBe(4)

  // The originals are far off: the copies come to the person.
  await page.mouse.move(box.x + box.width / 2, 10)
  await pan(window, { x: box.x + 300, y: box.y + 300 }, { x: 500, y: 200 })
  await pan(window, { x: box.x + 300, y: box.y + 300 }, { x: 500, y: 200 })
  await page.mouse.move(box.x + box.width / 2, 10)
  await paste(window)
  await expect(window.card('vision_5')).toBeInViewport()

  // From a chat, without places; and what is no graph is said to be none.
  await page.keyboard.press('Control+Alt+n')
  await expect(page.getByText('An empty graph', { exact: true })).toBeVisible()
  const { view: _view, lock: _lock, ...bare } = JSON.parse(smallGraph(WISH))
  await paste(window, `Here you are:\n\`\`\`json\n${JSON.stringify(bare)}\n\`\`\`\nEnjoy {it}!`)
  await expect(window.card('train')).toBeInViewport()
  await expect(window.card('vision')).toBeInViewport()
  await paste(window, 'no graph at all')
  await expect(page.getByText('There are no nodes in the clipboard')).toBeVisible()
})

test('undo goes where the edit was made, find goes everywhere, and the view is kept', async ({
  workbench,
}) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  const before = smallGraph(WISH)
  const way = page.getByRole('navigation', { name: 'Way into the subgraph' })
  await window.pick('vision', 'image_projection')
  await page.keyboard.press('Control+Shift+e')
  await window.select('subgraph')
  await page.keyboard.press('Alt+ArrowDown')
  await expect(way).toBeVisible()
  await window.select('vision')
  await window.type('Depth', '3')

  // A subgraph is no part of itself.
  await page.keyboard.press('Control+k')
  await page.keyboard.type('subgraph')
  await expect(page.getByRole('option', { name: /^subgraph/ })).toHaveCount(0)
  await page.keyboard.press('Escape')

  // From inside, even while a field has the focus: a node of the graph around.
  await window.inspector.getByLabel('Depth', { exact: true }).focus()
  await page.keyboard.press('Control+f')
  await page.keyboard.type('text_proj')
  await page.keyboard.press('Enter')
  await expect(way).toBeHidden()
  await expect(window.inspector.getByText('text_projection', { exact: true }).first()).toBeVisible()
  await window.type('Size', '16')

  // Out of sight, an edit is not taken back silently.
  await window.card('text_projection').focus()
  await page.keyboard.press('Control+z')
  await expect(way).toBeHidden()
  await page.keyboard.press('Control+z')
  await expect(way).toBeVisible()
  await expect(page.getByTestId('said')).toHaveText('Undone: Change depth')
  await page.keyboard.press('Control+z')
  await expect(way).toBeHidden()
  await expect(window.card('vision')).toBeAttached()
  for (let i = 0; i < 3; i++) await page.keyboard.press('Control+y')
  for (let i = 0; i < 3; i++) await page.keyboard.press('Control+z')
  await expect(window.dirty).toBeHidden()
  await page.keyboard.press('Control+y')
  await page.keyboard.press('Control+z')
  await page.keyboard.press('Control+s')
  expect(await readFile(workbench.graph, 'utf8')).toBe(before)

  // A tab, too, is found as it was left.
  await page.keyboard.press('.')
  await page.waitForTimeout(REST_MS)
  const fitted = await viewOf(page)
  await page.keyboard.press('+')
  await page.waitForTimeout(REST_MS)
  const kept = await viewOf(page)
  expect(kept.zoom).toBeGreaterThan(fitted.zoom)
  await page.keyboard.press('Control+Alt+n')
  await page.keyboard.press('Control+Alt+ArrowLeft')
  await expect(window.card('train')).toBeAttached()
  await page.waitForTimeout(REST_MS)
  expect(await viewOf(page)).toEqual(kept)
})

test('a wire goes to the input on whose row it is dropped, also when its producer is out of sight', async ({
  workbench,
}) => {
  const { window } = await workbench.start(WISH)
  const { page, canvas } = window
  await window.zoomTo('logits')
  const card = (await window.card('logits').boundingBox())!
  const box = (await canvas.boundingBox())!
  const start = { x: card.x + card.width / 2, y: card.y - 12 }
  await pan(window, start, { x: box.x + 24 - card.x, y: 0 })
  await expect(window.card('text_embedding')).toHaveCount(0)

  const held = await window.centreOf(window.port('logits', 'Input', 'text'))
  const row = await window.centreOf(window.card('logits').locator('[data-port="image"]'))
  // Escape lets go of it.
  await page.mouse.move(held.x, held.y)
  await page.mouse.down()
  await page.mouse.move(row.x, row.y, { steps: 6 })
  await page.keyboard.press('Escape')
  await page.mouse.up()
  await expect(window.dirty).toBeHidden()

  await window.drag(held, row)
  await expect(page.getByTestId('said')).toHaveText('Move wire')
  const doc = await saved(window, workbench.graph)
  expect(doc.nodes.logits!.in).toEqual({ image: 'text_embedding.output' })
})

test('files may be dropped anywhere, several at once', async ({ workbench }) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  const files = ['One', 'Two'].map(title => [`${title}.json`, smallGraph({ ...WISH, title })] as const)
  const dropped = await page.evaluateHandle(list => {
    const data = new DataTransfer()
    for (const [name, text] of list) data.items.add(new File([text], name))
    return data
  }, files)
  // Where nothing takes it, a browser would leave the page.
  const taken = await page
    .getByRole('complementary', { name: 'Nodes' })
    .evaluate(
      (side, dataTransfer) =>
        ['dragover', 'drop'].map(
          type => !side.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })),
        ),
      dropped,
    )
  expect(taken).toEqual([true, true])
  await expect(page.getByRole('tab', { name: /^One/ })).toBeVisible()
  await expect(page.getByRole('tab', { name: /^Two/ })).toHaveAttribute('aria-selected', 'true')
  // The one that was put aside at once has its columns all the same.
  await page.getByRole('tab', { name: /^One/ }).click()
  await expect(window.port('batch', 'Output', 'image')).toBeAttached()
})

test('a new node is in sight, a note is edited by a double click, F2 names what was just chosen', async ({
  workbench,
}) => {
  const { window } = await workbench.start(WISH)
  const { page } = window
  await window.zoomTo('vision')
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('note')
    await page.keyboard.press('Enter')
  }
  const note = window.canvas.locator('[data-id="note_3"]')
  await expect(note).toBeInViewport({ ratio: 0.5 })
  await page.waitForTimeout(REST_MS)
  await note.dblclick()
  await expect(window.inspector.getByRole('textbox', { name: 'Text' })).toBeFocused()
  await page.keyboard.type('The loss is $-\\log p$.')
  await expect(note.locator('.katex').first()).toBeVisible()
  await page.keyboard.press('Escape')

  // At once after the click, when the inspector still shows what was chosen before.
  await window.fit()
  const head = await window.centreOf(window.card('text').locator('header'))
  await page.mouse.click(head.x, head.y)
  await page.keyboard.press('F2')
  await expect(window.inspector.getByLabel('Title')).toBeFocused()
  await page.keyboard.type('Words')
  await page.keyboard.press('Enter')
  await expect(window.card('text')).toHaveAccessibleName(/^Words, text, /)
})
