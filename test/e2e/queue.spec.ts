import { existsSync } from 'node:fs'
import type { Locator } from '@playwright/test'
import { barriers } from './axe.ts'
import type { WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const ATTEMPT = { timeout: 90_000 }

/** The lines of the list of runs, without its head. */
const rowsOf = (window: WorkbenchWindow): Locator =>
  window.runs.getByRole('row').filter({ has: window.page.locator('td') })

/** Each run by its name and its turn. */
const linesOf = async (window: WorkbenchWindow): Promise<string[]> => {
  const cells = await rowsOf(window).evaluateAll(rows =>
    rows.map(row =>
      [...row.querySelectorAll('td')]
        .slice(1, 3)
        .map(cell => cell.textContent)
        .join(', '),
    ),
  )
  return cells.filter(line => /next|queue/.test(line))
}

async function name(window: WorkbenchWindow, row: Locator, text: string): Promise<void> {
  await row.getByRole('button', { name: 'More of this run' }).click()
  await window.page.getByRole('menuitem', { name: 'Name…' }).click()
  const field = window.page.getByRole('dialog', { name: 'Name this run' }).getByLabel('Name', { exact: true })
  await field.fill(text)
  await field.press('Enter')
  await expect(row).toContainText(text)
}

/** A run that is held before its first step, and three behind it. */
async function three(window: WorkbenchWindow): Promise<void> {
  await window.button('Step').click()
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  await window.tab('Runs')
  for (const [i, seed] of ['71', '72', '73'].entries()) {
    await window.type('Seed', seed)
    await window.button('Queue').click()
    await expect(rowsOf(window)).toHaveCount(i + 2)
    await name(window, rowsOf(window).nth(i + 1), `seed ${seed}`)
  }
  expect(await linesOf(window)).toEqual([
    'seed 71, next',
    'seed 72, 2nd in the queue',
    'seed 73, 3rd in the queue',
  ])
}

test('by mouse: runs that wait change places and run in that order; a failed one leads to its node; one is deleted', async ({
  workbench,
}) => {
  const { window } = await workbench.start({ steps: 20, seed: 70, title: 'Queued' })
  const { page } = window
  await three(window)
  // What goes on is not what the canvas shows.
  await expect(window.runs.getByText('Graph edited since')).toBeVisible()
  const rows = rowsOf(window)
  await rows.nth(3).getByRole('button', { name: 'Earlier in the queue' }).click()
  await expect
    .poll(() => linesOf(window))
    .toEqual(['seed 71, next', 'seed 73, 2nd in the queue', 'seed 72, 3rd in the queue'])
  await rows.nth(2).getByRole('button', { name: 'Earlier in the queue' }).click()
  await expect
    .poll(() => linesOf(window))
    .toEqual(['seed 73, next', 'seed 71, 2nd in the queue', 'seed 72, 3rd in the queue'])
  await rows.nth(2).getByRole('button', { name: 'Take out of the queue' }).click()
  await expect.poll(() => linesOf(window)).toEqual(['seed 73, next', 'seed 72, 2nd in the queue'])
  await page.screenshot({ path: test.info().outputPath('queue.png') })
  expect(await barriers(page)).toEqual([])
  await window.button('Resume').click()
  await expect(rows).toHaveCount(4 - 1)
  await expect(rows.getByText('done')).toHaveCount(3, ATTEMPT)
  // Newest first: what was queued last has run before what was queued second.
  await expect(rows.nth(0)).toContainText('seed 72')
  await expect(rows.nth(1)).toContainText('seed 73')
  await expect(rows.nth(2)).toContainText('Queued')

  // A fork of other weights can't be: the reason is in full over every page, with the way to the node.
  await window.select('vision')
  await window.type('Width', '64')
  await rows
    .nth(0)
    .getByRole('button', { name: /^Fork:/ })
    .click()
  await page
    .getByRole('dialog', { name: 'Fork this run' })
    .getByRole('button', { name: 'Fork', exact: true })
    .click()
  const failure = window.runs.getByRole('alert')
  await expect(failure).toHaveText(/^train: the weight .* is f32\[.*train anew\./, ATTEMPT)
  await failure.getByRole('button', { name: 'Show the node' }).click()
  await expect(window.inspector.getByText('train', { exact: true }).first()).toBeVisible()
  await failure.getByRole('button', { name: 'Log' }).click()
  await expect(window.runs.getByRole('tab', { name: /^Log/ })).toHaveAttribute('aria-selected', 'true')
  await page.screenshot({ path: test.info().outputPath('failed.png') })

  await window.tab('Runs')
  await expect(rows).toHaveCount(4)
  const folder = await rows.nth(0).locator('code').getAttribute('title')
  expect(existsSync(folder!)).toBe(true)
  await rows.nth(0).getByRole('button', { name: 'More of this run' }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await page.getByRole('dialog', { name: 'Delete this run?' }).getByRole('button', { name: 'Delete' }).click()
  await expect(rows).toHaveCount(3)
  await expect(failure).toBeHidden()
  expect(existsSync(folder!)).toBe(false)
  await page.reload()
  await window.tab('Runs')
  await expect(rows).toHaveCount(3)
  // The losses of runs that nobody has looked at since.
  for (let i = 0; i < 3; i++) await expect(rows.nth(i).locator('td').nth(4)).toHaveText(/^\d\.\d{4}$/)
})

test('by keyboard alone: a run is moved, and the focus stays with it; it is named and taken out', async ({
  workbench,
}) => {
  const { window } = await workbench.start({ steps: 20, seed: 80, title: 'Queued' })
  const { page } = window
  const { keyboard } = page
  await keyboard.press('F10')
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  for (let i = 0; i < 3; i++) await keyboard.press('Control+Enter')
  await window.runs.getByRole('tab', { name: /^Runs/ }).focus()
  await keyboard.press('Enter')
  const rows = rowsOf(window)
  await expect(rows).toHaveCount(4)
  await rows.nth(1).getByRole('button', { name: 'More of this run' }).focus()
  await keyboard.press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Name…' })).toBeFocused()
  await keyboard.press('Enter')
  await keyboard.type('the first')
  await keyboard.press('Enter')
  const turn = () => rows.filter({ hasText: 'the first' }).locator('td').nth(2).textContent()
  await expect.poll(turn).toBe('next')
  const later = rows.filter({ hasText: 'the first' }).getByRole('button', { name: 'Later in the queue' })
  await later.focus()
  await keyboard.press('Enter')
  await expect.poll(turn).toBe('2nd in the queue')
  await expect(later).toBeFocused()
  await keyboard.press('Enter')
  await expect.poll(turn).toBe('3rd in the queue')
  await expect(later).toBeFocused()
  await expect(later).toHaveAttribute('aria-disabled', 'true')
  await rows.filter({ hasText: 'the first' }).getByRole('button', { name: 'Take out of the queue' }).focus()
  await keyboard.press('Enter')
  await expect(rows).toHaveCount(3)
  await keyboard.press('Control+Alt+Enter')
})
