import { readFile } from 'node:fs/promises'
import type { Locator } from '@playwright/test'
import { parseGraph } from '../../src/graph/parse.ts'
import { barriers } from './axe.ts'
import type { WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const eye = (window: WorkbenchWindow, card: string, watched: string): Locator =>
  window.card(card).getByRole('button', { name: `Watched: ${watched}`, exact: true })

const item = ({ runs }: WorkbenchWindow, watched: string): Locator =>
  runs.getByRole('list', { name: 'Watched wires' }).getByTitle(watched, { exact: true })

/** The Watch tab is open at this watch. */
async function isOpenAt(window: WorkbenchWindow, watched: string): Promise<void> {
  await expect(window.runs.getByRole('tab', { name: /^Watch/ })).toHaveAttribute('aria-selected', 'true')
  await expect(item(window, watched)).toHaveAttribute('aria-pressed', 'true')
}

async function savedWatches({ page, dirty }: WorkbenchWindow, path: string): Promise<readonly string[]> {
  await page.keyboard.press('Control+s')
  await expect(dirty).toBeHidden()
  return (parseGraph(await readFile(path, 'utf8')).document!.watches ?? []).map(w => w.wire)
}

test('what is watched is marked, near and far, and in subgraphs; by mouse', async ({ workbench }, info) => {
  const { window } = await workbench.start({ steps: 5, seed: 85 })
  const { page, inspector, canvas } = window
  for (const [card, wire] of [
    ['vision', 'vision.pooled'],
    ['logits', 'logits.pairs'],
  ] as const) {
    await window.select(card)
    await inspector.getByRole('button', { name: `Watch ${wire}` }).click()
  }
  await expect(canvas.getByRole('button', { name: /^Watched: / })).toHaveCount(2)
  await window.tab('Charts')
  await window.zoomTo('vision')
  await expect(canvas.locator('[data-detail="near"], [data-detail="close"]')).toBeVisible()
  await eye(window, 'vision', 'vision.pooled').click()
  await isOpenAt(window, 'vision.pooled')
  await page.screenshot({ path: info.outputPath('near.png') })

  // From afar there is one on the card, until it is a spot.
  const out = page.getByRole('button', { name: 'Zoom out' })
  for (const detail of ['far', 'farthest', 'spot']) {
    while ((await canvas.locator(`[data-detail="${detail}"]`).count()) === 0) {
      await out.click()
      await page.waitForTimeout(400)
    }
    await expect(canvas.locator(`[data-detail="${detail}"]`)).toBeVisible()
    await item(window, 'vision.pooled').click()
    await window.tab('Charts')
    await eye(window, 'logits', 'logits.pairs').click()
    await isOpenAt(window, 'logits.pairs')
    await page.screenshot({ path: info.outputPath(`${detail}.png`) })
    expect(await barriers(page), detail).toEqual([])
  }

  // Into a subgraph, and into one in that.
  await window.fit()
  await window.pick('vision', 'image_projection')
  await page.keyboard.press('Control+Shift+e')
  await expect(eye(window, 'subgraph', 'subgraph/vision.pooled')).toBeVisible()
  await window.card('subgraph').locator('header').dblclick()
  await expect(eye(window, 'vision', 'subgraph/vision.pooled')).toBeVisible()
  await window.select('vision')
  await page.keyboard.press('Control+Shift+e')
  await eye(window, 'subgraph_2', 'subgraph/subgraph_2/vision.pooled').click()
  await isOpenAt(window, 'subgraph/subgraph_2/vision.pooled')
  await page.screenshot({ path: info.outputPath('inside.png') })
  expect(await savedWatches(window, workbench.graph)).toEqual([
    'subgraph/subgraph_2/vision.pooled',
    'logits.pairs',
  ])
  await page.getByRole('button', { name: /^Undo/ }).click()
  await expect(eye(window, 'vision', 'subgraph/vision.pooled')).toBeVisible()
  await page.getByRole('button', { name: /^Redo/ }).click()
  await window.select('subgraph_2')
  await page.keyboard.press('Control+Shift+u')
  await expect(eye(window, 'vision', 'subgraph/vision.pooled')).toBeVisible()
})

test('the same with the keyboard alone', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 5, seed: 85 })
  const { page } = window
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  // Until the data was looked at, nobody knows what wires carry.
  await expect(window.inspector).toContainText('No problems')
  await window.card('logits').focus()
  await press('Enter')
  await expect(window.inspector.getByText('logits', { exact: true }).first()).toBeVisible()
  await press('w')
  await window.card('vision').focus()
  await press('Enter', 'w')
  await isOpenAt(window, 'vision.feat')
  await window.card('logits').focus()
  await press('Tab')
  await expect(eye(window, 'logits', 'logits.pairs')).toBeFocused()
  await press('Enter')
  await isOpenAt(window, 'logits.pairs')

  await window.card('vision').focus()
  await press('Enter', 'Control+Shift+e')
  await expect(window.card('subgraph')).toBeVisible()
  await press('Alt+ArrowDown')
  await window.card('vision').focus()
  await press('Enter', 'Control+Shift+e')
  await expect(window.card('subgraph_2')).toBeVisible()
  await window.card('subgraph_2').focus()
  await press('Tab', 'Enter')
  await isOpenAt(window, 'subgraph/subgraph_2/vision.feat')
  expect(await savedWatches(window, workbench.graph)).toEqual([
    'logits.pairs',
    'subgraph/subgraph_2/vision.feat',
  ])
  await press('Control+z')
  await expect(window.card('vision')).toBeVisible()
  expect(await savedWatches(window, workbench.graph)).toEqual(['logits.pairs', 'subgraph/vision.feat'])
})
