import { expect, test } from './workbench.ts'

const ATTEMPT = { timeout: 240_000 }

test('by mouse: the learning rate is changed while the run is held, from its next step on', async ({
  workbench,
}) => {
  // Two programs are compiled.
  const { window } = await workbench.start({ steps: 40, seed: 41 })
  await window.button('Step').click()
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  const steps = window.runs.getByRole('group', { name: 'Steps' })
  await steps.getByRole('button', { name: 'Step 10 forward' }).click()
  await expect(steps.getByTestId('step-place')).toHaveText('10 of 40')

  await window.tab('Live')
  const live = window.runs.getByRole('form', { name: 'Live settings' })
  const rate = live.getByLabel('Rate', { exact: true })
  await rate.fill('-1')
  await rate.blur()
  await expect(live.getByRole('status')).toHaveText(/^schedule\.rate: /)
  // What the engine refuses is said where it was asked for, and the value stays to be put right.
  await rate.fill('0.0005')
  await rate.blur()
  const chunk = live.getByLabel('Chunk', { exact: true })
  await chunk.fill('7')
  await chunk.blur()
  await live.getByRole('button', { name: 'Apply from step 10' }).click()
  await expect(live.getByRole('status')).toHaveText(
    /^Not changed .*chunks of 7 don't divide 32 rows/,
    ATTEMPT,
  )
  await expect(chunk).toHaveValue('7')
  await chunk.fill('0')
  await chunk.blur()
  await live.getByRole('button', { name: 'Apply from step 10' }).click()
  const changed = window.runs.getByRole('list', { name: 'Changed while it trained' })
  await expect(changed).toHaveText(/step 10: schedule\.rate .* → 0\.0005/, ATTEMPT)
  await expect(live.getByRole('button', { name: /^Apply from/ })).toHaveAttribute('aria-disabled', 'true')
  await window.page.screenshot({ path: test.info().outputPath('live.png') })

  await window.button('Resume').click()
  await window.finished()
  await window.tab('Charts')
  await expect(changed).toBeVisible()
  await window.page.screenshot({ path: test.info().outputPath('edited.png') })
  const rates = window.events.flatMap(e => (e.type === 'step' ? [e['train/learning_rate']!] : []))
  expect(rates).toHaveLength(40)
  expect(rates[9]).toBeGreaterThan(0.0009)
  expect(rates[10]).toBeLessThan(0.00051)
})

test('by keyboard alone: a value is changed and applied with Enter, and the weights of a held run are seen', async ({
  workbench,
}) => {
  const { window } = await workbench.start({ steps: 40, seed: 42 })
  const { keyboard } = window.page
  await keyboard.press('F10')
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  await keyboard.press('F10')
  await expect(window.runs.getByTestId('step-place')).toHaveText('1 of 40')
  const tab = window.runs.getByRole('tab', { name: 'Charts' })
  await tab.focus()
  await keyboard.press('ArrowRight')
  const live = window.runs.getByRole('form', { name: 'Live settings' })
  await live.getByLabel('Weight decay').focus()
  await keyboard.press('Control+A')
  await keyboard.type('0')
  await keyboard.press('Enter')
  await live.getByRole('button', { name: /^Apply from/ }).focus()
  await keyboard.press('Enter')
  const changed = window.runs.getByRole('list', { name: 'Changed while it trained' })
  await expect(changed).toHaveText(/step 1: .*weightDecay 0\.2 → 0/, ATTEMPT)

  await window.runs.getByRole('tab', { name: /^Live/ }).focus()
  await keyboard.press('ArrowRight')
  const row = window.runs.getByRole('row', { name: /^vision\/.*/ }).first()
  await expect(row).toBeVisible(ATTEMPT)
  await expect(window.runs.getByText(/^step 1 of train, \d+ weights$/)).toBeVisible()
  await keyboard.press('F10')
  await expect(window.runs.getByText(/^step 2 of train, \d+ weights$/)).toBeVisible(ATTEMPT)
  await window.page.screenshot({ path: test.info().outputPath('weights.png') })
  await keyboard.press('Control+Alt+Enter')
  await window.finished(/Stopped/)
})
