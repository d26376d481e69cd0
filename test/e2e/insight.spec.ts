import { readFileSync, writeFileSync } from 'node:fs'
import type { Locator } from '@playwright/test'
import { parseGraph } from '../../src/graph/parse.ts'
import { barriers } from './axe.ts'
import { expect, test } from './workbench.ts'

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const boxesOf = (all: Locator): Promise<Box[]> =>
  all.evaluateAll(found =>
    found.map(element => {
      const { x, y, width, height } = element.getBoundingClientRect()
      return { x, y, width, height }
    }),
  )

/** Pairs that lie on each other by more than a pixel. */
const overlaps = (boxes: readonly Box[], others: readonly Box[] = boxes): string[] =>
  boxes.flatMap((a, i) =>
    others
      .slice(boxes === others ? i + 1 : 0)
      .filter(
        b =>
          Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1 &&
          Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 1,
      )
      .map(b => JSON.stringify([a, b])),
  )

test('what a node costs, counted before anything runs, and anew after an edit', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 30, seed: 34 })
  const { inspector } = window
  await window.select('vision')
  const row = (name: string) =>
    inspector
      .locator('dl > div')
      .filter({ has: window.page.getByText(name, { exact: true }) })
      .locator('dd')
  await expect(row('parameters')).toHaveText(/\d.*, all trained/, { timeout: 60_000 })
  const before = await row('forward').textContent()
  await window.type('Depth', '2')
  await expect(row('forward')).not.toHaveText(before!, { timeout: 60_000 })
  await expect(row('step')).toHaveText(/FLOP/)
  await expect(row('activations')).toHaveText(/[kM]B/)
  expect(window.events).toEqual([])
})

test('the peak memory of a Train by the compiler’s count, before the first step, by keyboard', async ({
  workbench,
}) => {
  const { window } = await workbench.start({ steps: 30, seed: 35 })
  const { inspector, page } = window
  await page.keyboard.press('Control+f')
  await page.keyboard.type('train')
  await page
    .getByRole('option', { name: /^Train/ })
    .first()
    .waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('F2')
  const button = inspector.getByRole('button', { name: 'Measure peak memory' })
  await button.waitFor({ timeout: 60_000 })
  const isFocused = () => button.evaluate(element => element === document.activeElement)
  for (let i = 0; i < 90 && !(await isFocused()); i++) await page.keyboard.press('Tab')
  expect(await isFocused()).toBe(true)
  await page.keyboard.press('Enter')
  await expect(inspector.getByText(/A step needs .*B at its peak/)).toBeVisible({ timeout: 100_000 })
  await expect(inspector.getByText('It will not fit')).toHaveCount(0)
  expect(window.events).toEqual([])
})

test('what will not fit is said before it is run, and what would help is one click', async ({
  workbench,
}, info) => {
  const env = { DIPTYCH_MEMORY_LIMIT: '1M' }
  const { window } = await workbench.start({ steps: 30, seed: 37 }, { env })
  const { inspector, page } = window
  await window.select('train')
  await inspector.getByRole('button', { name: 'Measure peak memory' }).click({ timeout: 60_000 })
  const warning = inspector.getByText('It will not fit: DIPTYCH_MEMORY_LIMIT allows 1.0 MB.')
  await expect(warning).toBeVisible({ timeout: 100_000 })
  await warning.scrollIntoViewIfNeeded()
  for (const theme of ['Light', 'Dark'] as const) {
    await window.theme(theme)
    await page.screenshot({ path: info.outputPath(`memory-${theme.toLowerCase()}.png`) })
    expect(await barriers(page), theme).toEqual([])
  }
  await inspector.getByRole('button', { name: 'train: accumulate 8' }).click()
  await expect(inspector.getByLabel('Accumulate', { exact: true })).toHaveValue('8')
  // It was measured of another graph.
  await expect(warning).toHaveCount(0)
})

test('what would help is one click inside a subgraph too, and one step of undo', async ({ workbench }) => {
  const env = { DIPTYCH_MEMORY_LIMIT: '1M' }
  const { window } = await workbench.start({ steps: 30, seed: 38 }, { env })
  const { inspector, page } = window
  await window.pick('batch')
  await page.keyboard.press('Control+Shift+e')
  await expect(window.card('subgraph')).toBeVisible()
  await window.select('train')
  await inspector.getByRole('button', { name: 'Measure peak memory' }).click({ timeout: 60_000 })
  const advice = inspector.getByRole('button', { name: /^subgraph\/batch: size \d+$/ })
  await expect(advice).toBeVisible({ timeout: 100_000 })
  const size = Number(/\d+$/.exec((await advice.textContent())!)![0])
  const sizeInFile = async () => {
    await page.keyboard.press('Control+s')
    await expect(window.dirty).toBeHidden()
    return parseGraph(readFileSync(workbench.graph, 'utf8')).document!.defs.subgraph!.nodes.batch!.params.size
  }
  expect(await sizeInFile()).toBe(32)
  await advice.press('Enter')
  await expect(page.getByRole('button', { name: 'Undo: Set size' })).toBeVisible()
  expect(await sizeInFile()).toBe(size)
  await page.getByRole('button', { name: 'Undo: Set size' }).click()
  expect(await sizeInFile()).toBe(32)
})

test('the peak memory is measured while a run is under way, which goes on', async ({ workbench }, info) => {
  const { window } = await workbench.start({ steps: 60_000, seed: 39 })
  const { inspector, page } = window
  await window.button('Run').click()
  await expect.poll(() => window.taken(), { timeout: 90_000 }).toBeGreaterThan(3)
  await window.select('train')
  await inspector.getByRole('button', { name: 'Measure peak memory' }).click({ timeout: 60_000 })
  await expect(inspector.getByText(/A step needs .*B at its peak.* while a run is under way/)).toBeVisible({
    timeout: 60_000,
  })
  await expect(window.state).toHaveText('Running')
  await page.screenshot({ path: info.outputPath('measured-beside-a-run.png') })
  const then = await window.taken()
  await expect.poll(() => window.taken(), { timeout: 60_000 }).toBeGreaterThan(then)

  // And by keyboard while it is held, of a graph that was edited since.
  await window.button('Pause').click()
  await expect(window.state).toHaveText('Paused')
  await window.type('Accumulate', '2')
  const button = inspector.getByRole('button', { name: 'Measure peak memory' })
  await button.press('Enter', { timeout: 60_000 })
  await expect(inspector.getByText(/A step needs .*B at its peak/)).toBeVisible({ timeout: 60_000 })
  await expect(window.state).toHaveText('Paused')
  await window.button('Stop').click()
  await window.finished(/Stopped/)
})

test('shapes and gradients on all wires, by mouse and by keyboard', async ({ workbench }, info) => {
  const { window } = await workbench.start({ steps: 30, seed: 36 })
  const { page, canvas } = window
  const shapes = canvas.getByRole('button', { name: 'Shapes' })
  const gradient = canvas.getByRole('button', { name: 'Gradient' })
  const labels = canvas.locator('[data-placed]')
  const flowing = canvas.locator('[data-flow="trainable"]')
  await window.fit()
  await expect(labels).toHaveCount(0)
  await shapes.click()
  await expect(shapes).toHaveAttribute('aria-pressed', 'true')
  await expect(labels.filter({ hasText: '[batch 32, embed 32]' }).first()).toBeVisible()
  await gradient.click()
  await expect.poll(() => flowing.count(), { timeout: 60_000 }).toBeGreaterThan(5)
  await gradient.click()
  await expect(canvas.locator('[data-flow]')).toHaveCount(0)
  await shapes.click()
  await expect(labels).toHaveCount(0)

  await canvas.focus()
  await page.keyboard.press('t')
  await expect(labels.first()).toBeVisible()
  await page.keyboard.press('g')
  await expect(gradient).toHaveAttribute('aria-pressed', 'true')
  await expect.poll(() => flowing.count(), { timeout: 60_000 }).toBeGreaterThan(5)
  const before = await flowing.count()

  await window.select('vision')
  await window.inspector.getByLabel('Trainable', { exact: true }).click()
  await expect.poll(() => flowing.count(), { timeout: 60_000 }).toBeLessThan(before)
  const frozen = window.wire('ViT image encoder pooled', 'Linear projection input')
  await expect(frozen.locator('[data-flow="frozen"]')).toBeAttached()
  // In full under the mouse: what it carries, and what the gradient does there.
  await frozen.locator('path').last().hover({ force: true })
  await expect(canvas.locator('[data-full]')).toHaveText(/^float\[batch 32, width 32\]frozen$/)
  for (const theme of ['Light', 'Dark'] as const) {
    await window.theme(theme)
    await window.fit()
    await page.screenshot({ path: info.outputPath(`gradient-${theme.toLowerCase()}.png`) })
    expect(await barriers(page), theme).toEqual([])
  }
})

test('in a graph of 27 nodes no label lies on another, near or far, and all tensors have one', async ({
  workbench,
}, info) => {
  const graph = readFileSync(new URL('../../graphs/contrastive/clip.json', import.meta.url), 'utf8')
  writeFileSync(workbench.graph, graph)
  const window = await workbench.window(await workbench.serve().address())
  const { page, canvas } = window
  await window.fit()
  await canvas.getByRole('button', { name: 'Shapes' }).click()
  const labels = canvas.locator('[data-placed]')
  await expect(labels.first()).toBeVisible()
  const zoomIn = page.getByRole('button', { name: 'Zoom in' })
  const near = page.locator('[data-detail="near"]')
  for (const zoom of ['fit', 'nearer', 'near'] as const) {
    if (zoom === 'nearer') for (let i = 0; i < 3; i++) await zoomIn.click()
    // Cards and labels take the detail of a zoom once it rests.
    const rest = () => page.waitForTimeout(400)
    for (let turns = 0; zoom === 'near' && turns < 20 && (await near.count()) === 0; turns++) {
      await zoomIn.click()
      await rest()
    }
    await rest()
    const boxes = await boxesOf(labels)
    expect(boxes.length).toBeGreaterThan(3)
    expect(overlaps(boxes), zoom).toEqual([])
    // From afar labels lie over the edges of cards, but not over their titles.
    const kept = zoom === 'near' ? canvas.locator('article') : canvas.locator('article [class*="farTitle"]')
    expect(await kept.count()).toBeGreaterThan(3)
    expect(overlaps(boxes, await boxesOf(kept)), zoom).toEqual([])
    // One for each of the nine outputs of tensors that are read, however many read it.
    const text = await labels.allTextContents()
    if (zoom === 'fit') expect(text.filter(t => t.includes('[b')).length, text.join(' ')).toBe(9)
    await page.screenshot({ path: info.outputPath(`shapes-${zoom}.png`) })
  }
})
