import { expect, test } from './workbench.ts'

test('what a node costs, counted before anything runs, and anew after an edit', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 30, seed: 34 })
  const { inspector } = window
  await window.select('image_projection')
  const row = (name: string) =>
    inspector
      .locator('dl > div')
      .filter({ has: window.page.getByText(name, { exact: true }) })
      .locator('dd')
  await expect(row('parameters')).toHaveText(/\d.*, all trained/, { timeout: 60_000 })
  const before = await row('forward').textContent()
  await window.type('Size', '48')
  await expect(row('forward')).not.toHaveText(before!, { timeout: 60_000 })
  await expect(row('step')).toHaveText(/FLOP/)
})

test('the peak memory of a Train by the compiler’s count, before the first step', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 30, seed: 35 })
  const { inspector } = window
  await window.select('train')
  await inspector.getByRole('button', { name: 'Measure peak memory' }).click({ timeout: 60_000 })
  await expect(inspector.getByText(/A step needs .*B at its peak/)).toBeVisible({ timeout: 150_000 })
  expect(window.events).toEqual([])
})

test('shapes and gradients on all wires, by mouse and by keyboard', async ({ workbench }, info) => {
  const { window } = await workbench.start({ steps: 30, seed: 36 })
  const { page, canvas } = window
  const shapes = canvas.getByRole('button', { name: 'Shapes' })
  const gradient = canvas.getByRole('button', { name: 'Gradient' })
  await shapes.click()
  await expect(shapes).toHaveAttribute('aria-pressed', 'true')
  await expect(canvas.getByText(/^\[batch \d+, embed \d+\]$/).first()).toBeVisible()
  await gradient.focus()
  await page.keyboard.press('Enter')
  await expect(gradient).toHaveAttribute('aria-pressed', 'true')
  const flowing = canvas.locator('[data-flow="trainable"]')
  await expect.poll(() => flowing.count(), { timeout: 60_000 }).toBeGreaterThan(5)
  const before = await flowing.count()

  await window.select('vision')
  await window.inspector.getByLabel('Trainable', { exact: true }).click()
  await expect.poll(() => flowing.count(), { timeout: 60_000 }).toBeLessThan(before)
  await expect(canvas.locator('[data-flow="frozen"]').first()).toBeAttached()
  for (const theme of ['Light', 'Dark'] as const) {
    await window.theme(theme)
    await window.fit()
    await page.screenshot({ path: info.outputPath(`gradient-${theme.toLowerCase()}.png`) })
  }
})
