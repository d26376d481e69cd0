import { barriers } from './axe.ts'
import { camera, isForDocs } from './camera.ts'
import { expect, test } from './workbench.ts'

/** For the documentation: patches that are small enough to show what is looked at. */
const LARGER = {
  batch: { size: 32, imageSize: 32, textLength: 16 },
  vision: { width: 64, depth: 2, heads: 4, patch: 4 },
  text: { width: 64, depth: 2, heads: 4 },
  image_projection: { size: 48 },
  text_projection: { size: 48 },
}
const SOME = isForDocs ? 600 : 20

test('pictures of watched wires, which keep no one out', async ({ workbench }, info) => {
  if (isForDocs) test.setTimeout(900_000)
  const { window } = await workbench.start({
    title: 'CLIP on emoji',
    steps: 100_000,
    seed: 84,
    params: isForDocs ? LARGER : {},
  })
  const { page, runs } = window
  const card = (name: string) => runs.getByRole('region', { name, exact: true })
  const add = (wire: string) => runs.getByLabel('Watch a wire', { exact: true }).selectOption(wire)
  const show = (name: RegExp) => runs.getByRole('button', { name }).last().click()

  // Watched from the first step on, so that lines have points.
  await window.tab('Watch')
  for (const wire of ['vision.pooled', 'text.feat', 'logits.pairs', 'vision.feat']) await add(wire)
  await window.button('Run').click()
  await expect.poll(() => window.taken(), { timeout: 600_000 }).toBeGreaterThan(SOME)
  await window.button('Pause').click()
  await expect(window.state).toHaveText(/Paused/)
  for (const panel of ['nodes', 'inspector'])
    await page.getByRole('button', { name: `Hide ${panel}` }).click()
  const edge = page.getByRole('separator', { name: 'Height of the run panel' })
  await edge.focus()
  for (let i = 0; i < 20; i++) await page.keyboard.press('Shift+ArrowUp')
  await window.fit()

  await show(/^vision\.pooled/)
  await expect(card('Statistics')).toBeVisible({ timeout: 60_000 })
  await show(/^text\.feat/)
  await expect(runs.getByRole('list', { name: 'Tokens of the text' })).toBeVisible({ timeout: 60_000 })
  await show(/^logits\.pairs/)
  const matrix = card('Similarity').getByRole('img', { name: /^Similarity matrix/ })
  await expect(matrix).toBeVisible({ timeout: 60_000 })
  const box = (await matrix.boundingBox())!
  await matrix.click({ position: { x: (box.width * 6.5) / 32, y: (box.height * 6.5) / 32 } })
  await expect(card('Pair')).toContainText('They belong together.')
  await show(/^vision\.feat/)
  await expect(card('Similarity of tokens')).toBeVisible({ timeout: 60_000 })
  await runs.getByLabel('Inside the node').selectOption({ index: isForDocs ? 2 : 1 })
  const overlay = card('Attention').getByRole('img', { name: /patches over/ })
  await expect(overlay).toBeVisible({ timeout: 60_000 })
  await overlay.click({ position: { x: 90, y: 90 } })
  await expect(card('Attention')).toContainText('from the patch in row')

  for (const theme of ['Light', 'Dark'] as const) {
    const take = await camera(window, theme, info)
    await window.theme(theme)
    await page.mouse.move(720, 5)
    for (const [name, watch] of [
      ['heat-map', /^vision\.pooled/],
      ['similarity', /^logits\.pairs/],
      ['tokens', /^text\.feat/],
      ['attention', /^vision\.feat.*attention/],
    ] as const) {
      await show(watch)
      await take(`watch-${name}`)
      expect(await barriers(page), `${name}, ${theme}`).toEqual([])
    }
  }
})
