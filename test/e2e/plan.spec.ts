import { barriers } from './axe.ts'
import { expect, test } from './workbench.ts'

test('the plan says what will run and why, on the panel and on the cards, and then that runs', async ({
  workbench,
}, info) => {
  const { window } = await workbench.start({ steps: 30, seed: 31 })
  const { page, runs } = window
  const row = (node: string) =>
    runs.getByRole('listitem').filter({ has: page.getByText(node, { exact: true }) })
  // A card has its state twice: near by, and from afar.
  const shownOn = (node: string, text: string) =>
    window.card(node).getByText(text, { exact: true }).locator('visible=true').first()
  const tally = runs.getByRole('status')

  await window.tab('Plan')
  await expect(tally).toHaveText(/^\d nodes will run/, { timeout: 60_000 })
  await expect(row('train')).toContainText('will run')
  await expect(row('train')).toContainText('first run')
  await expect(shownOn('train', 'will run')).toBeVisible()

  await window.button('Run').click()
  await window.finished()
  await expect(tally).toHaveText(/^Nothing runs/)
  await expect(row('train')).toContainText('cached')

  // An edit of an evaluator leaves the training alone, and one of the learning rate does not.
  await window.select('retrieval')
  await window.type('Gallery', '3')
  await expect(tally).toHaveText(/^1 node will run/)
  await expect(row('retrieval')).toContainText('its parameters changed')
  await expect(shownOn('train', 'cached')).toBeVisible()
  for (const theme of ['Light', 'Dark'] as const) {
    await window.theme(theme)
    await page.screenshot({ path: info.outputPath(`plan-${theme.toLowerCase()}.png`) })
    expect(await barriers(page), theme).toEqual([])
  }
  await window.select('schedule')
  await window.type('Rate', '0.002')
  await expect(row('train')).toContainText('the model, objective, optimizer or schedule changed')

  const planned = await runs.getByRole('listitem').allTextContents()
  const before = window.events.length
  await window.button('Run').click()
  // The run before this one was done too.
  await expect.poll(() => window.events.length).toBeGreaterThan(before)
  await window.finished()
  const said = new Map(
    window.events
      .slice(before)
      .flatMap(e =>
        e.type === 'node' && (e.why || e.state === 'cached') ? [[e.node, e.why ?? 'cached']] : [],
      ),
  )
  for (const line of planned) {
    const [node, what] = [...said].find(([id]) => line.includes(id)) ?? []
    expect(node, line).toBeDefined()
    expect(line).toContain(what)
  }

  await runs.getByLabel('Train again what is cached').check()
  await expect(row('train')).toContainText('asked to run again')
})

test('by keyboard alone: the plan by its key and by its tab, a node of the plan, and that node selected', async ({
  workbench,
}) => {
  const { window } = await workbench.start({ steps: 30, seed: 32 })
  const { page, runs } = window
  const charts = runs.getByRole('tab', { name: /^Charts/ })
  await charts.focus()
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight')
  await expect(runs.getByRole('tab', { name: 'Plan' })).toHaveAttribute('aria-selected', 'true')
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft')
  await expect(charts).toHaveAttribute('aria-selected', 'true')
  await window.canvas.focus()
  await page.keyboard.press('Alt+p')
  await expect(runs.getByRole('tab', { name: 'Plan' })).toHaveAttribute('aria-selected', 'true')
  await expect(runs.getByRole('listitem').first()).toBeVisible({ timeout: 60_000 })
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
  for (let i = 0; i < 40 && (await focused()) !== 'train'; i++) await page.keyboard.press('Tab')
  expect(await focused()).toBe('train')
  await page.keyboard.press('Enter')
  await expect(window.inspector.getByLabel('Steps', { exact: true })).toBeVisible()
})

test('a graph with problems has no plan, and says where to look', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 30, seed: 33 })
  await window.tab('Plan')
  await window.select('text')
  await window.type('Heads', '3')
  await expect(window.runs.getByText("The graph can't run yet")).toBeVisible()
})
