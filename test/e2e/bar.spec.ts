import { THEMES } from './camera.ts'
import { expect, test } from './workbench.ts'

const TITLE = 'CLIP on emoji, captions shuffled'

for (const theme of THEMES)
  test(`the bar has room for the title beside a run, ${theme.toLowerCase()}`, async ({ workbench }, info) => {
    const { window } = await workbench.start({ title: TITLE, steps: 4000, seed: 87 })
    const { page } = window
    const bar = page.getByRole('banner')
    const title = bar.getByRole('button', { name: TITLE })
    await window.theme(theme)
    await window.inspector.getByLabel('Title of the graph').fill(`${TITLE}.`)
    await expect(window.dirty).toBeVisible()
    await window.button('Run').click()
    await expect(window.state).toHaveText('Running')
    await window.button('Queue').click()
    for (const width of [1920, 1680, 1440, 1280, 1024]) {
      await page.setViewportSize({ width, height: 800 })
      await page.screenshot({
        path: info.outputPath(`bar-${width}.png`),
        clip: { x: 0, y: 0, width, height: 90 },
      })
      const fits = await bar.evaluate(element => element.scrollWidth <= element.clientWidth)
      expect(fits, `all of the bar is in a window of ${width} px`).toBe(true)
      for (const name of ['Queue', 'Pause', 'Back', 'Step', 'Stop'] as const)
        await expect(window.button(name)).toBeInViewport({ ratio: 1 })
      await expect(title.getByText('graph.json')).toBeInViewport({ ratio: 1 })
      if (width < 1280) continue
      const { shown, whole } = await title.getByText(`${TITLE}.`).evaluate(element => ({
        shown: element.clientWidth,
        whole: element.scrollWidth,
      }))
      expect(shown, `the whole title is shown at ${width} px`).toBe(whole)
    }
    // What is only a picture now says what it is, to the keyboard too.
    await window.button('Queue').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await expect(window.button('Pause')).toBeFocused()
    await expect(page.getByRole('tooltip', { name: 'Hold the run before its next step' })).toHaveText(
      /^Pause/,
    )
    await window.button('Stop').click()
  })
