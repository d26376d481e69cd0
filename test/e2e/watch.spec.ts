import { readFile } from 'node:fs/promises'
import type { Locator } from '@playwright/test'
import { headlessLosses } from './headless.ts'
import type { Point, WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const card = (window: WorkbenchWindow, title: string): Locator =>
  window.runs.getByRole('region', { name: title, exact: true })
const add = (window: WorkbenchWindow, wire: string) =>
  window.runs.getByLabel('Watch a wire', { exact: true }).selectOption(wire)

/** Where the middle of a wire is on the screen. */
const middleOf = (wire: Locator): Promise<Point> =>
  wire
    .locator('path')
    .first()
    .evaluate(node => {
      const path = node as unknown as SVGPathElement
      const middle = path.getPointAtLength(path.getTotalLength() / 2)
      const { x, y } = middle.matrixTransform(path.getScreenCTM()!)
      return { x, y }
    })

/** Makes the run panel as high as it goes, so that whole views are seen. */
async function raise(window: WorkbenchWindow): Promise<void> {
  const edge = window.page.getByRole('separator', { name: 'Height of the run panel' })
  await edge.focus()
  for (let i = 0; i < 20; i++) await window.page.keyboard.press('Shift+ArrowUp')
}

/** The cells of the heat map begin where their numbers do, and the colours. */
async function startTogether(window: WorkbenchWindow): Promise<void> {
  const map = card(window, 'Heat map')
  const tops = async () => {
    const cells = await map.getByRole('img', { name: /^Heat map of / }).boundingBox()
    const colours = await map.getByRole('img', { name: /^Colours from / }).boundingBox()
    return cells!.y - colours!.y
  }
  await expect.poll(tops).toBe(0)
}

test('a wire is watched by mouse: statistics, heat map, pair, attention', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 100_000, seed: 81 })
  const { page, runs } = window
  await window.button('Run').click()
  await expect.poll(() => window.taken(), { timeout: 90_000 }).toBeGreaterThan(20)

  await window.fit()
  const at = await middleOf(window.wire('ViT image encoder pooled', 'Linear projection input'))
  await page.mouse.click(at.x, at.y)
  await page.getByRole('button', { name: 'Watch wire' }).click()
  await expect(runs.getByRole('tab', { name: /^Watch/ })).toHaveAttribute('aria-selected', 'true')
  await expect(card(window, 'Statistics')).toContainText('mean', { timeout: 60_000 })
  await expect(card(window, 'Statistics').getByRole('img', { name: /^Histogram/ })).toBeVisible()
  await expect(runs.getByRole('figure', { name: /^Mean/ })).toBeVisible()
  const heat = card(window, 'Heat map').getByRole('img', { name: /^Heat map of vision\.pooled/ })
  await heat.hover({ position: { x: 5, y: 5 } })
  await expect(card(window, 'Heat map')).toContainText(/at batch 0, width 0/)
  await expect(card(window, 'Heat map').getByRole('img', { name: /^Colours from / })).toBeVisible()
  await startTogether(window)
  await page.setViewportSize({ width: 1100, height: 720 })
  await startTogether(window)
  await page.setViewportSize({ width: 1440, height: 900 })
  await expect(runs.getByText('float[batch 32, width 32]')).toBeVisible()
  const when = runs.getByText(/^after [\d,]+ steps?$/)
  const before = await when.textContent()
  await expect(when).not.toHaveText(before ?? '')
  await raise(window)
  await window.button('Pause').click()
  await expect(window.state).toHaveText(/Paused/)

  await add(window, 'logits.pairs')
  await expect(card(window, 'Similarity')).toBeVisible({ timeout: 60_000 })
  const matrix = card(window, 'Similarity').getByRole('img', { name: /^Similarity matrix/ })
  const box = (await matrix.boundingBox())!
  await matrix.click({ position: { x: (box.width * 2.5) / 32, y: (box.height * 5.5) / 32 } })
  const pair = card(window, 'Pair')
  await expect(pair).toContainText(/rank in row\s*\d+ of 32/)
  await expect(pair.getByRole('img', { name: /^Picture of / })).toBeVisible()
  await expect(pair.getByRole('blockquote')).not.toBeEmpty()
  await matrix.click({ position: { x: (box.width * 5.5) / 32, y: (box.height * 5.5) / 32 } })
  await expect(pair).toContainText('They belong together.')

  await add(window, 'vision.feat')
  const tokens = card(window, 'Similarity of tokens')
  await expect(tokens.getByRole('img', { name: /^2 by 2 patches/ })).toBeVisible({ timeout: 60_000 })
  await runs.getByLabel(/^batch/).fill('7')
  const row = runs.getByText(/^of 32: /)
  await expect(runs.getByLabel(/^batch/)).toHaveValue('7')
  const kept = (await row.textContent()) ?? ''
  await runs.getByRole('button', { name: 'Pin rows' }).click()
  await expect(runs.getByRole('button', { name: /^Rows of step / })).toHaveAttribute('aria-pressed', 'true')
  const held = await when.textContent()
  await window.button('Step').click()
  await expect(when).not.toHaveText(held ?? '')
  await expect(row).toHaveText(kept)
  await runs.getByLabel('Inside the node').selectOption({ index: 1 })
  const attention = card(window, 'Attention')
  await expect(attention).toContainText('from the class token', { timeout: 60_000 })
  await attention.getByRole('img', { name: /patches/ }).click({ position: { x: 150, y: 150 } })
  await expect(attention.getByLabel('token', { exact: true })).toHaveValue('4')
  await expect(attention).toContainText('from the patch in row 1, column 1')
  await expect(card(window, 'Statistics')).toContainText(/attention entropy\s*1\.\d+ nats/)
  await expect(runs.getByRole('figure', { name: /^Attention entropy/ })).toBeVisible()
  await expect(runs.getByRole('button', { name: /^vision\.feat.*entropy 1\.\d+ nats/ })).toBeVisible()
  // Another scale gives other colours and the same readings.
  const map = card(window, 'Heat map')
  const cells = map.getByRole('img', { name: /^Heat map of vision\.feat/ })
  const reading = async () => {
    await cells.hover({ position: { x: 30, y: 30 } })
    return map.getByText(/ at query 1, /).textContent()
  }
  const colours = () => cells.evaluate(c => (c as HTMLCanvasElement).toDataURL())
  const [read, linear] = [await reading(), await colours()]
  const scale = map.getByLabel('Colour scale')
  await scale.selectOption('log')
  await expect(map.getByRole('img', { name: /^Colours from .* by their logarithm$/ })).toBeVisible()
  await expect.poll(colours).not.toBe(linear)
  expect(await reading()).toBe(read)
  await scale.selectOption('clipped')
  await expect(map.getByText(/^≥ 0\.\d+$/)).toBeVisible()
  expect(await reading()).toBe(read)

  // Little is left of the canvas: its cards are seen from afar.
  await window.fit()
  await window.card('text').click()
  await window.inspector.getByRole('button', { name: 'Watch text.feat' }).click()
  await runs.getByLabel('Inside the node').selectOption({ index: 1 })
  const words = card(window, 'Attention').getByRole('list', { name: 'Tokens of the text' })
  await expect(words.getByRole('button').first()).toContainText('⟨start⟩', { timeout: 60_000 })
  // A causal mask leaves weights of 0, which have no logarithm: it says so. Each watch has a scale of its own.
  await expect(scale).toHaveValue('linear')
  const log = scale.getByRole('option', { name: /^log/ })
  await expect(log).toBeDisabled()
  await expect(log).toHaveText(/^log: [\d,]+ of 144 values are not above 0$/)
  await words.getByRole('button').nth(2).click()
  await expect(words.getByRole('button').nth(2)).toHaveAttribute('aria-pressed', 'true')

  await window.button('Stop').click()
  await window.finished(/Stopped/)
  // What was seen last can still be looked at.
  await runs.getByRole('button', { name: /^logits\.pairs/ }).click()
  await expect(card(window, 'Similarity')).toBeVisible()
})

test('a wire is watched with the keyboard alone, and the file keeps it', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 100_000, seed: 82 })
  const { page, runs } = window
  await page.keyboard.press('Control+Enter')
  await expect.poll(() => window.taken(), { timeout: 90_000 }).toBeGreaterThan(5)
  await window.card('logits').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('w')
  await expect(card(window, 'Similarity')).toBeVisible({ timeout: 60_000 })
  await card(window, 'Similarity')
    .getByRole('img', { name: /^Similarity matrix/ })
    .focus()
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight', 'Enter']) await page.keyboard.press(key)
  await expect(card(window, 'Pair')).toContainText(/rank in column\s*\d+ of 32/, { timeout: 20_000 })
  const scale = runs.getByLabel('Colour scale')
  await scale.focus()
  await page.keyboard.press('End')
  await expect(scale).toHaveValue('clipped')
  await expect(card(window, 'Similarity').getByText(/^≥ /)).toBeVisible()
  const often = runs.getByLabel('How often')
  await often.focus()
  await page.keyboard.press('ArrowUp')
  await expect(often).toHaveValue('1')
  await runs.getByRole('button', { name: 'Pin rows' }).focus()
  await page.keyboard.press('Enter')
  await expect(runs.getByRole('button', { name: /^Rows of step / })).toBeVisible()
  await page.keyboard.press('Control+s')
  await expect(window.dirty).toBeHidden()
  const { watches } = JSON.parse(await readFile(workbench.graph, 'utf8'))
  expect(watches).toEqual([{ wire: 'logits.pairs', every: 1, step: expect.any(Number), scale: 'clipped' }])
  await page.reload()
  await window.tab('Watch')
  await expect(card(window, 'Similarity')).toBeVisible({ timeout: 60_000 })
  await expect(scale).toHaveValue('clipped')
  await runs.getByRole('button', { name: 'Stop watching logits.pairs' }).click()
  await expect(runs.getByText('Watch a wire to see its numbers here')).toBeVisible()
})

test('a run that is watched has the losses of a headless one, to the last bit', async ({ workbench }) => {
  const steps = 60
  const { window } = await workbench.start({ steps, seed: 83 })
  await window.tab('Watch')
  for (const wire of ['vision.feat', 'logits.pairs', 'loss.loss']) {
    await add(window, wire)
    await window.runs.getByLabel('How often').selectOption('1')
  }
  await window.button('Run').click()
  await window.finished(/Done/, 180_000)
  const headless = await headlessLosses(workbench)
  expect(headless).toHaveLength(steps)
  expect(window.losses()).toEqual(headless)
  const seen = window.events.filter(e => e.type === 'watch' && e.wire === 'loss.loss')
  expect(seen).toHaveLength(steps + 1)
  await expect(window.runs.getByRole('figure', { name: /^Value/ })).toBeVisible()
  await window.tab('Charts')
  await expect(window.chart('loss.loss sum')).toBeVisible()
})
