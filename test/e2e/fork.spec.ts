import type { Event } from '../../src/protocol/messages.ts'
import { barriers } from './axe.ts'
import { expect, test } from './workbench.ts'

const ATTEMPT = { timeout: 90_000 }

/** Losses among the events, of the run's own steps and of those that it was forked with. */
function lossesOf(events: readonly Event[]): number[] {
  const losses: number[] = []
  for (const event of events) {
    const steps = event.type === 'inherited' ? event.steps : event.type === 'step' ? [event] : []
    for (const step of steps) losses[step.step] = step['train/loss']!
  }
  return losses
}

test('by mouse: a fork of a held run goes on with the identical curve; with another rate, with another', async ({
  workbench,
}) => {
  const { window } = await workbench.start({ steps: 40, seed: 51 })
  const { page } = window
  await window.button('Step').click()
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  const bar = window.runs.getByRole('group', { name: 'Steps' })
  await bar.getByRole('button', { name: 'Step 10 forward' }).click()
  await expect(bar.getByTestId('step-place')).toHaveText('10 of 40')
  await bar.getByRole('button', { name: 'Fork from here' }).click()
  const dialog = page.getByRole('dialog', { name: 'Fork this run' })
  await expect(dialog.getByLabel('Begins with')).toHaveValue('train 10')
  await expect(dialog.getByRole('status')).toHaveText(/the same to the last bit/)
  const before = window.events.length
  await dialog.getByRole('button', { name: 'Fork', exact: true }).click()
  await expect(dialog).toBeHidden(ATTEMPT)
  // The held run ends with a checkpoint, and the fork takes its turn.
  const fork = window.runs.getByTestId('fork')
  await expect(fork).toHaveText(/^forked from .* at step 10$/, ATTEMPT)
  await window.finished()
  const forked = lossesOf(window.events.slice(before))
  expect(forked.filter(loss => Number.isFinite(loss))).toHaveLength(40)
  expect(window.events.slice(before).filter(e => e.type === 'step')).toHaveLength(30)

  const straightFrom = window.events.length
  await page.getByRole('button', { name: 'Ways to run' }).click()
  await page.getByRole('menuitem', { name: /train again/ }).click()
  await expect(fork).toBeHidden(ATTEMPT)
  await window.finished()
  await expect.poll(() => lossesOf(window.events.slice(straightFrom)).length).toBe(40)
  expect(lossesOf(window.events.slice(straightFrom))).toEqual(forked)

  // The rate is changed on the canvas; the list has the fork, which is forked again.
  await window.select('schedule')
  await window.type('Rate', '0.0002')
  await window.tab('Runs')
  const row = window.runs.getByRole('row').filter({ hasText: 'forked from' })
  await row.getByRole('button', { name: /^Fork:/ }).click()
  await expect(dialog.getByRole('list', { name: 'Changed since it ran' })).toHaveText(
    /^schedule\.rate .* → 0\.0002$/,
  )
  await expect(dialog.getByRole('status')).toHaveText(/its own way/)
  await dialog.getByLabel('Begins with').selectOption('train 10')
  await page.screenshot({ path: test.info().outputPath('fork-dialog.png') })
  expect(await barriers(page)).toEqual([])
  const secondFrom = window.events.length
  await dialog.getByRole('button', { name: 'Fork', exact: true }).click()
  await expect(dialog).toBeHidden(ATTEMPT)
  await window.tab('Charts')
  await expect
    .poll(() => lossesOf(window.events.slice(secondFrom)).filter(Number.isFinite).length, ATTEMPT)
    .toBe(40)
  await window.finished()
  await page.screenshot({ path: test.info().outputPath('forked.png') })
  const second = lossesOf(window.events.slice(secondFrom))
  expect(second.slice(0, 11)).toEqual(forked.slice(0, 11))
  expect(second.slice(11)).not.toEqual(forked.slice(11))
})

test('by keyboard alone: a run that has ended is forked at an earlier checkpoint, held, and let go', async ({
  workbench,
}) => {
  const { window } = await workbench.start({
    ...{ steps: 30, seed: 52 },
    params: { train: { steps: 30, checkpointEvery: 10 } },
  })
  const { page } = window
  const { keyboard } = page
  await keyboard.press('Control+Enter')
  await window.finished()
  await keyboard.press('Control+Shift+F10')
  const dialog = page.getByRole('dialog', { name: 'Fork this run' })
  await expect(dialog.getByRole('button', { name: 'Fork', exact: true })).toBeFocused()
  const where = dialog.getByLabel('Begins with')
  await expect(where).toHaveValue('train 30')
  await where.focus()
  await keyboard.press('ArrowDown')
  await expect(where).toHaveValue('train 20')
  await dialog.getByLabel('Hold the fork before its first step').focus()
  await keyboard.press('Space')
  const from = window.events.length
  // Enter in the form does what its button does.
  await keyboard.press('Enter')
  await expect(dialog).toBeHidden(ATTEMPT)
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  await expect(window.runs.getByTestId('step-place')).toHaveText('20 of 30')
  await expect(window.runs.getByTestId('fork')).toHaveText(/at step 20$/)
  // To before the fork: its steps are the other run's.
  await keyboard.press('Control+F9')
  await expect(window.runs.getByTestId('step-place')).toHaveText('10 of 30, 20 taken')
  await page.screenshot({ path: test.info().outputPath('fork-held.png') })
  await window.button('Resume').focus()
  await keyboard.press('Enter')
  await window.finished()
  expect(lossesOf(window.events.slice(from))).toEqual(lossesOf(window.events.slice(0, from)))
})
