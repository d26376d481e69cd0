import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../../src/protocol/workbench.ts'
import { barriers } from './axe.ts'
import { expect, test } from './workbench.ts'

/** What is in the settings file. */
const settingsIn = async (config: string): Promise<Partial<Settings>> =>
  JSON.parse(await readFile(join(config, 'settings.json'), 'utf8').catch(() => '{}'))

test('settings are changed by mouse, and what is wrong is said', async ({ workbench }, info) => {
  const { window } = await workbench.start({ steps: 40, seed: 88 })
  const { page } = window
  const { config } = workbench.places
  const data = join(workbench.folder, 'pictures')
  await mkdir(data)
  await window.menu('Settings…')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  const memory = dialog.getByLabel('Memory for going back, in MB')
  await expect(memory).toHaveValue('512')
  for (const [typed, said] of [
    ['much', /not a whole number/i],
    ['-1', /out of range: 0–1000000/i],
    ['2000000', /out of range: 0–1000000/i],
  ] as const) {
    await memory.fill(typed)
    await expect(dialog.getByRole('alert')).toHaveText(said)
    await expect(memory).toHaveAttribute('aria-invalid', 'true')
  }
  expect((await settingsIn(config)).snapshotMegabytes ?? 512).toBe(512)
  await memory.fill('0')
  await expect(dialog.getByRole('alert')).toHaveCount(0)
  await expect.poll(async () => (await settingsIn(config)).snapshotMegabytes).toBe(0)

  const folder = dialog.getByLabel('Another folder')
  const add = dialog.getByRole('button', { name: 'Add', exact: true })
  await add.click()
  await expect(dialog.getByRole('alert')).toHaveText(/Type the path of a folder/)
  await folder.fill(join(workbench.folder, 'nowhere'))
  await add.click()
  await expect(dialog.getByRole('alert')).toHaveText(/nowhere/)
  await folder.fill(workbench.folder)
  await dialog.getByRole('button', { name: 'Browse' }).click()
  await dialog.getByRole('button', { name: 'pictures' }).click()
  await expect(folder).toHaveValue(data)
  await add.click()
  await expect(dialog.getByRole('listitem').filter({ hasText: data })).toBeVisible()
  await expect.poll(async () => (await settingsIn(config)).places).toEqual([data])
  for (const theme of ['dark', 'light']) {
    await dialog.getByLabel('Theme').selectOption(theme)
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
    await page.screenshot({ path: info.outputPath(`settings-${theme}.png`) })
    expect(await barriers(page)).toEqual([])
  }
  await dialog.getByRole('button', { name: `Take ${data} from the list` }).click()
  await expect.poll(async () => (await settingsIn(config)).places).toEqual([])
  await dialog.getByRole('button', { name: 'Empty the list' }).click()
  await expect.poll(async () => (await settingsIn(config)).recent).toEqual([])
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(dialog).toHaveCount(0)

  // From the next run on: without memory for it a held run keeps no state to go back to, with memory it does.
  const heldStates = async () => {
    const before = window.events.length
    await window.button('Step').click()
    await expect(window.state).toHaveText('Paused', { timeout: 60_000 })
    const held = window.events.slice(before).find(event => event.type === 'paused')
    await window.button('Stop').click()
    await window.finished(/Stopped/)
    return held?.type === 'paused' ? held.kept : undefined
  }
  expect(await heldStates()).toEqual([])
  await window.menu('Settings…')
  await memory.fill('64')
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect.poll(async () => (await settingsIn(config)).snapshotMegabytes).toBe(64)
  expect(await heldStates()).not.toEqual([])
})

test('settings are changed by keyboard alone', async ({ workbench }) => {
  const { window } = await workbench.start({ steps: 5, seed: 89 })
  const { page } = window
  const { config } = workbench.places
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await window.canvas.focus()
  await page.keyboard.press('Control+,')
  await expect(dialog).toBeVisible()
  const theme = dialog.getByLabel('Theme')
  for (let tabs = 0; tabs < 4 && !(await theme.evaluate(e => e === document.activeElement)); tabs++)
    await page.keyboard.press('Tab')
  await expect(theme).toBeFocused()
  await page.keyboard.type('Dark')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.keyboard.press('Tab')
  await expect(dialog.getByLabel('Memory for going back, in MB')).toBeFocused()
  await page.keyboard.type('96')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await settingsIn(config)).snapshotMegabytes).toBe(97)
  await page.keyboard.press('Tab')
  await expect(dialog.getByLabel('Another folder')).toBeFocused()
  await page.keyboard.type(workbench.folder)
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await settingsIn(config)).places).toEqual([workbench.folder])
  await page.keyboard.press('Shift+Tab')
  await expect(dialog.getByRole('button', { name: `Take ${workbench.folder} from the list` })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await settingsIn(config)).places).toEqual([])
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)

  // From the list of commands, and with a key of one's own.
  await page.keyboard.press('Control+Shift+p')
  await page.keyboard.type('Settings')
  await page.keyboard.press('Enter')
  await expect(dialog).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.getByRole('button', { name: 'Add a key for Settings…' }).press('Enter')
  await page.keyboard.press('Alt+e')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Alt+e')
  await expect(dialog).toBeVisible()
})
