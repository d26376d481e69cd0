import type { TestInfo } from '@playwright/test'
import { camera, isForDocs, type Take, THEMES } from './camera.ts'
import type { Server } from './server.ts'
import type { WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const STEPS = isForDocs ? 1200 : 2500
const LARGER = {
  batch: { size: 64, imageSize: 32, textLength: 16 },
  vision: { width: 64, depth: 2, heads: 4 },
  text: { width: 64, depth: 1, heads: 4 },
  schedule: { steps: STEPS, warmup: 60 },
}

for (const theme of THEMES)
  test(`pictures of every view, ${theme.toLowerCase()}`, async ({ workbench }, info) => {
    const { server, window } = await workbench.start({
      title: 'CLIP on emoji',
      steps: STEPS,
      seed: theme === 'Light' ? 71 : 72,
      params: isForDocs ? LARGER : {},
    })
    const { page } = window
    const take = await camera(window, theme, info)
    await window.theme(theme)
    await page.mouse.move(720, 5)
    await take('idle')

    await page.keyboard.press('Control+o')
    await expect(
      page
        .getByRole('dialog')
        .getByRole('button', { name: /CLIP on emoji/ })
        .first(),
    ).toBeVisible()
    await take('open')
    await page.keyboard.press('Escape')

    await window.canvas.click({ position: { x: 20, y: 20 } })
    await page.keyboard.press('Control+k')
    await page.keyboard.type('im')
    await take('search')
    await page.keyboard.press('Escape')

    await page.keyboard.press('Control+Shift+p')
    await take('commands')
    await page.keyboard.press('Escape')

    await page.keyboard.press('Control+,')
    await take('settings')
    await page.keyboard.press('Escape')

    await window.select('vision')
    await take('inspector')
    await window.inspector.getByRole('button', { name: /^About this node/ }).scrollIntoViewIfNeeded()
    await page.mouse.move(1300, 600)
    await page.mouse.wheel(0, 3000)
    await take('inspector-docs')

    await wrongWire(window)
    await take('wrong-wire')
    await page.keyboard.press('Control+z')
    // Nothing is selected: the graph itself is shown.
    await page.keyboard.press('Escape')
    await window.fit()
    await overlays(window, take)
    await arranged(window, take)

    await window.button('Run').click()
    await expect.poll(() => window.taken(), { timeout: 90_000 }).toBeGreaterThan(100)
    await window.zoomTo('train')
    await take('training')
    await window.finished()
    await window.fit()
    await page.mouse.move(720, 5)
    await take('finished')
    await reports(window, take)
    await plan(window, take)

    await window.tab('Runs')
    await take('runs')
    await secondWindow(await workbench.window(await server.address(2)), theme, info)
    await crash(window, server, take)
  })

async function wrongWire(window: WorkbenchWindow): Promise<void> {
  await window.zoomTo('image_projection')
  const from = await window.centreOf(window.port('text', 'Output', 'feat'))
  const to = await window.centreOf(window.port('image_projection', 'Input', 'input'))
  await window.drag(from, to)
  await window.select('image_projection')
}

/** A group, a muted node, and a subgraph from within. */
async function arranged(window: WorkbenchWindow, take: Take): Promise<void> {
  const { page } = window
  await window.pick('schedule', 'adamw')
  await page.keyboard.press('Control+g')
  await page.keyboard.press('Escape')
  await window.pick('zero_shot')
  await page.keyboard.press('Control+m')
  await page.keyboard.press('Escape')
  await take('arranged')
  await window.pick('vision', 'image_projection', 'image_embedding')
  await page.keyboard.press('Control+Shift+e')
  await page.keyboard.press('Alt+ArrowDown')
  await window.fit()
  await take('subgraph')
  await page.keyboard.press('Alt+ArrowUp')
  for (let undone = 0; undone < 3; undone++) await page.keyboard.press('Control+z')
  await page.keyboard.press('Escape')
  await window.fit()
}

async function reports(window: WorkbenchWindow, take: Take): Promise<void> {
  const { page, runs } = window
  await window.zoomTo('retrieval')
  await take('cards')
  await window.tab('Reports')
  const edge = await window.centreOf(page.getByRole('separator', { name: 'Height of the run panel' }))
  await window.drag(edge, { x: edge.x, y: 260 })
  await expect(runs.getByRole('listitem').getByRole('img').first()).toBeVisible()
  await take('gallery')
  await runs.getByRole('button', { name: 'Zero-shot classifier' }).click()
  await take('confusion')
  await window.drag(await window.centreOf(page.getByRole('separator', { name: /^Height/ })), edge)
  await window.fit()
}

async function overlays({ page, canvas }: WorkbenchWindow, take: Take): Promise<void> {
  await canvas.focus()
  await page.keyboard.press('t')
  await page.keyboard.press('g')
  await expect(canvas.locator('[data-flow="trainable"]').first()).toBeAttached({ timeout: 60_000 })
  await take('overlays')
  await page.keyboard.press('t')
  await page.keyboard.press('g')
}

async function plan(window: WorkbenchWindow, take: Take): Promise<void> {
  await window.select('retrieval')
  await window.type('Gallery', '3')
  await window.tab('Plan')
  await expect(window.runs.getByRole('status')).toHaveText(/^1 node will run/, { timeout: 60_000 })
  await take('plan')
  await window.page.getByRole('button', { name: /^Undo/ }).click()
}

async function secondWindow(second: WorkbenchWindow, theme: string, info: TestInfo): Promise<void> {
  const take = await camera(second, theme, info)
  await take('read-only')
  await second.page.close()
}

async function crash(window: WorkbenchWindow, server: Server, take: Take): Promise<void> {
  const { page } = window
  await window.tab('Charts')
  await page.getByRole('button', { name: 'Ways to run' }).click()
  await page.getByRole('menuitem', { name: 'Run, and train again what is cached' }).click()
  await expect.poll(() => window.taken()).toBeLessThan(STEPS)
  await expect.poll(() => window.taken()).toBeGreaterThan(200)
  process.kill(server.enginePid!, 'SIGKILL')
  await expect(page.getByRole('alert')).toBeVisible()
  await take('crash')
}
