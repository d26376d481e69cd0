import type { WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

const ATTEMPT = { timeout: 90_000 }

/** The bar of steps, as a person sees it. */
function stepsOf(window: WorkbenchWindow) {
  const bar = window.runs.getByRole('group', { name: 'Steps' })
  const place = bar.getByTestId('step-place')
  const hashText = bar.getByTestId('state-hash')
  return {
    bar,
    place,
    scrubber: bar.getByRole('slider', { name: 'Step' }),
    button: (name: string) => bar.getByRole('button', { name, exact: true }),
    at: (step: number, reached = step) =>
      expect(place).toHaveText(reached > step ? `${step} of 40, ${reached} taken` : `${step} of 40`),
    /** Asks for the state's hash and reads it. */
    hash: async (): Promise<string> => {
      await bar.getByRole('button', { name: /^Hash of all weights/ }).click()
      await expect(hashText).toHaveText(/^[0-9a-f]{12}$/)
      return (await hashText.getAttribute('title'))!
    },
  }
}

/** Starts held, before the first step. */
async function held(window: WorkbenchWindow) {
  const steps = stepsOf(window)
  await window.button('Step').click()
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  await expect(steps.bar).toBeVisible()
  await steps.at(0)
  return steps
}

test('by mouse: 5 steps back and 5 forward come to the identical state, and the run ends as if never held', async ({
  workbench,
}) => {
  const { window } = await workbench.start({ steps: 40, seed: 31 })
  const steps = await held(window)
  const count = steps.bar.getByRole('spinbutton', { name: 'Steps at once' })
  await count.fill('5')
  await steps.button('Step 5 forward').click()
  await steps.at(5)
  const five = await steps.hash()
  await steps.button('Step 5 forward').click()
  await steps.at(10)
  const ten = await steps.hash()
  expect(ten).not.toBe(five)

  await steps.button('Back 5 steps').click()
  await steps.at(5, 10)
  expect(await steps.hash()).toBe(five)
  await expect(window.progress).toHaveText(/^step 5 \/ 40/)
  await steps.button('Step 5 forward').click()
  await steps.at(10)
  expect(await steps.hash()).toBe(ten)
  await steps.button('Back 1 step').click()
  await steps.at(9, 10)
  await window.button('Back').click()
  await steps.at(8, 10)
  await window.button('Step').click()
  await steps.at(9, 10)

  // Dragging goes to a step, backwards and on beyond what was taken.
  const box = (await steps.scrubber.boundingBox())!
  const x = (step: number) => box.x + 7 + ((box.width - 14) * step) / 40
  const y = box.y + box.height / 2
  const drag = async (from: number, to: number) => {
    await window.page.mouse.move(x(from), y)
    await window.page.mouse.down()
    await window.page.mouse.move(x(to), y, { steps: 4 })
    await window.page.mouse.up()
  }
  await drag(9, 5)
  await steps.at(5, 10)
  expect(await steps.hash()).toBe(five)
  await drag(5, 20)
  await steps.at(20)
  await window.page.screenshot({ path: test.info().outputPath('stepping.png') })

  await window.button('Resume').click()
  await window.finished()
  await expect(steps.bar).toBeHidden()
  const held40 = window.losses()
  expect(held40).toHaveLength(40)
  // No step was told twice.
  expect(window.events.filter(event => event.type === 'step')).toHaveLength(40)

  await window.button('Run').press('Tab')
  await window.page.getByRole('button', { name: 'Ways to run' }).click()
  await window.page.getByRole('menuitem', { name: /train again/ }).click()
  await expect(window.state).toHaveText(/Running|Queued/, ATTEMPT)
  await window.finished()
  expect(window.losses()).toEqual(held40)
})

test('by keyboard alone: F10 and F9 step and go back, the slider goes anywhere', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 40, seed: 32 })
  const { keyboard } = window.page
  const steps = stepsOf(window)
  await keyboard.press('F10')
  await expect(window.state).toHaveText(/Paused/, ATTEMPT)
  await steps.at(0)
  for (let step = 1; step <= 3; step++) {
    await keyboard.press('F10')
    await steps.at(step)
  }
  const three = await steps.hash()
  await keyboard.press('Control+F10')
  await steps.at(13)
  await keyboard.press('Control+F9')
  await steps.at(3, 13)
  expect(await steps.hash()).toBe(three)
  await keyboard.press('F9')
  await steps.at(2, 13)

  await steps.scrubber.focus()
  await expect(steps.scrubber).toHaveAttribute('aria-valuetext', 'step 2 of 40, 13 were taken')
  await keyboard.press('ArrowRight')
  await steps.at(3, 13)
  expect(await steps.hash()).toBe(three)
  await steps.scrubber.focus()
  await keyboard.press('Home')
  await steps.at(0, 13)
  await expect(steps.button('Back 1 step')).toHaveAttribute('aria-disabled', 'true')
  await keyboard.press('End')
  await steps.at(40)
  // At the end of its training the run is still held, and can still go back.
  await keyboard.press('F9')
  await steps.at(39, 40)
  await keyboard.press('Control+Alt+Enter')
  await window.finished(/Stopped/)
})
