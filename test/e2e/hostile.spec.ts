import type { Page } from '@playwright/test'
import { layCanary } from '../hostile/canary.ts'
import { hostileGraphs } from '../hostile/graphs.ts'
import { FLAG } from '../hostile/payloads.ts'
import type { WorkbenchWindow } from './window.ts'
import { expect, test } from './workbench.ts'

// What is recorded for a trace would be most of the time.
test.use({ trace: 'off' })
// What got out once got out.
test.describe.configure({ retries: 0 })

const SEED = 7
/** The checker reads all 200 in `test/hostile`; all are opened in a window by `npm run test:long`. */
const COUNT = process.env.DIPTYCH_TEST_LONG ? 200 : 40
/** So many are opened in one window, one after the other. */
const PART = 40

/** Drops a graph file on the canvas; what the window says where it does not open it, null where it does. */
async function dropFile(page: Page, name: string, text: string): Promise<string | null> {
  const data = await page.evaluateHandle(
    ([name, text]) => {
      const data = new DataTransfer()
      data.items.add(new File([text], name, { type: 'application/json' }))
      return data
    },
    [name, text] as const,
  )
  const tabs = page.getByRole('tab', { selected: false }).and(page.locator('[data-key]'))
  const before = await tabs.count()
  await page.getByRole('region', { name: 'Graph' }).dispatchEvent('drop', { dataTransfer: data })
  const refused = page.getByText(/^It could not be opened/)
  const answered = async () => (await tabs.count()) > before || (await refused.count()) > 0
  await expect.poll(answered, { intervals: [50], timeout: 30_000 }).toBe(true)
  if ((await tabs.count()) > before) return null
  const notice = page.getByRole('alert').filter({ has: refused }).last()
  const said = (await notice.textContent()) ?? ''
  await notice.getByRole('button', { name: 'Dismiss' }).press('Enter')
  return said
}

/** In the page: keeps what its policy has blocked. */
function listen(): void {
  const seen: string[] = []
  Object.assign(globalThis, { violations: seen })
  document.addEventListener('securitypolicyviolation', e =>
    seen.push(`${e.violatedDirective} ${e.blockedURI}`),
  )
}

/** An edit, and its undo, as a person does them. */
async function edits({ page, inspector }: WorkbenchWindow): Promise<void> {
  await page.keyboard.press('Escape')
  const seed = inspector.getByLabel('Seed', { exact: true })
  const before = await seed.inputValue()
  await seed.fill('12345')
  await seed.press('Enter')
  await expect(page.getByRole('img', { name: 'unsaved edits' })).toBeVisible()
  await seed.blur()
  await page.keyboard.press('Control+z')
  await expect(seed).toHaveValue(before)
}

for (let from = 0; from < COUNT; from += PART)
  test(`hostile graphs ${from + 1} to ${from + PART} are opened: nothing runs, nothing leaves, the window goes on`, async ({
    workbench,
  }) => {
    const canary = await layCanary(workbench.folder)
    const { window, server } = await workbench.start({ steps: 5, seed: 99 })
    const { page } = window
    const own = new URL(await server.address()).origin
    const asked: string[] = []
    const findings: string[] = []
    page.on('request', request => asked.push(request.url()))
    page.on('dialog', dialog => {
      findings.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.addInitScript(listen)
    await page.evaluate(listen)
    let opened = 0
    for (const { name, text } of hostileGraphs(SEED, COUNT, canary).slice(from, from + PART))
      try {
        const refused = await dropFile(page, name, text)
        if (refused === null) opened++
        else expect(refused).toMatch(/It could not be opened: .{10}/)
        await edits(window)
        const ran = await page.evaluate(
          flag => ({ flag: flag in self, polluted: 'polluted' in {}, frames: self.length }),
          FLAG,
        )
        expect(ran).toEqual({ flag: false, polluted: false, frames: 0 })
        if (refused === null) await page.keyboard.press('Control+Alt+w')
        await expect(page.locator('[role=tab][data-key]')).toHaveCount(0)
      } catch (error) {
        // The others are still opened, where there is a window to open them in.
        findings.push(`${name}: ${String(error).slice(0, 400)}`)
        if (/crashed|closed/.test(String(error)) || findings.length > 5) break
        console.log(findings.at(-1))
        await page.goto('about:blank')
        await page.goto(`${own}/#open=${encodeURIComponent(workbench.graph)}`)
        await expect(window.card('train')).toBeVisible()
      }
    const violations = await page.evaluate(
      () => (globalThis as unknown as { violations: string[] }).violations,
    )
    console.log(
      `${opened} opened, ${PART - opened} refused; blocked by the page's policy: ${violations.length}`,
    )
    expect(findings).toEqual([])
    expect(violations).toEqual([])
    expect(opened).toBeGreaterThan(PART / 3)
    expect(asked.filter(url => !url.startsWith(own) && !/^(blob|data):/.test(url))).toEqual([])
    expect(page.url().startsWith(own)).toBe(true)
  })

test('data outside the folder of a graph is looked at when a person allows it', async ({ workbench }) => {
  const canary = await layCanary(workbench.folder)
  const path = `${canary.outside}/canary.csv`
  const nodes = { rows: { type: 'data.records', v: 1, params: { path } } }
  const text = JSON.stringify({ format: 'diptych-graph', version: 1, meta: { title: 'Outside' }, nodes })
  const { window } = await workbench.start({ steps: 5, seed: 99 })
  const { page, inspector } = window
  expect(await dropFile(page, 'outside.json', text)).toBeNull()
  await window.select('rows')
  await expect(inspector.getByText(/lies outside the folder of this graph/)).toBeVisible()
  await expect(page.getByText(canary.secret)).toHaveCount(0)
  // By keyboard: the button is in the order of the page.
  await inspector.getByRole('button', { name: 'Look into it' }).focus()
  await page.keyboard.press('Enter')
  await expect(inspector.getByText(/lies outside the folder of this graph/)).toBeHidden()
  await expect(window.card('rows')).not.toHaveAccessibleName(/fault/)
})
