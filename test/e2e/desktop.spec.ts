import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ElectronApplication, _electron as electron, expect } from '@playwright/test'
import { type Display, findDisplay, findElectron } from './display.ts'
import { smallGraph } from './graphs.ts'
import { leftOver } from './processes.ts'
import { environment, project } from './server.ts'
import { WorkbenchWindow } from './window.ts'
import { test as base, sharedCache } from './workbench.ts'

interface Desktop {
  readonly graph: string
  readonly mark: string
  launch(): Promise<ElectronApplication>
}

const test = base.extend<{ readonly desktop: Desktop }>({
  desktop: async ({ noPlugin }, use, info) => {
    const found = findElectron()
    if ('missing' in found) return info.skip(true, found.missing)
    info.skip(noPlugin !== null, noPlugin ?? '')
    const display: Display | undefined = await findDisplay()
    if (!display) return info.skip(true, 'there is no display, and no Xvfb')
    const folder = await mkdtemp(join(tmpdir(), 'diptych-desktop-'))
    const graph = join(folder, 'graph.json')
    const config = join(folder, 'config')
    const mark = `DIPTYCH_CONFIG=${config}`
    const places = { cache: await sharedCache(), config }
    // As root, Chromium has no sandbox to offer.
    const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const launch = () =>
      electron.launch({
        executablePath: found.path,
        args: [...flags, join(project, 'out', 'main', 'index.js'), graph],
        env: environment(places, { ...display.env, DIPTYCH_NODE: process.execPath }) as Record<
          string,
          string
        >,
      })
    try {
      await use({ graph, mark, launch })
      expect(await leftOver(mark), 'every process has ended').toEqual([])
    } finally {
      for (const { pid } of await leftOver(mark, 0)) process.kill(pid, 'SIGKILL')
      display.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  },
})

async function firstWindow(app: ElectronApplication): Promise<WorkbenchWindow> {
  const window = new WorkbenchWindow(await app.firstWindow())
  await expect(window.card('train')).toBeVisible({ timeout: 30_000 })
  return window
}

test('the desktop window opens the graph that it was started with, runs it, and ends', async ({
  desktop,
}) => {
  await writeFile(desktop.graph, smallGraph({ title: 'On the desktop', steps: 30, seed: 81 }))
  const app = await desktop.launch()
  const window = await firstWindow(app)
  await expect(window.page).toHaveTitle(/On the desktop/)
  const safe = await app.evaluate(({ BrowserWindow }) => {
    const [first] = BrowserWindow.getAllWindows()
    return first?.webContents.getURL()
  })
  expect(safe).toMatch(/^diptych:\/\/app\/index\.html/)
  expect(await window.page.evaluate(() => 'require' in globalThis || 'process' in globalThis)).toBe(false)
  await window.button('Run').click()
  await window.finished()
  await window.tab('Reports')
  await expect(window.runs.getByRole('listitem').getByRole('img').first()).toBeVisible()
  // A reload is a session of its own.
  await window.page.reload()
  await expect(window.state).toHaveText('Done')
  expect(window.problems).toEqual([])
  await app.close()
})

test('the last window asks what becomes of a run, and a checkpoint is committed', async ({ desktop }) => {
  await writeFile(desktop.graph, smallGraph({ steps: 1_000_000, seed: 82 }))
  const app = await desktop.launch()
  const window = await firstWindow(app)
  await app.evaluate(({ dialog }) => {
    const answers = [2, 1]
    dialog.showMessageBox = () => Promise.resolve({ response: answers.shift()!, checkboxChecked: false })
  })
  await window.button('Run').click()
  await expect.poll(() => window.taken(), { timeout: 90_000 }).toBeGreaterThan(20)
  const close = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  // Cancel first: the window stays.
  await close()
  await expect(window.state).toHaveText('Running')
  const ended = app.waitForEvent('close', { timeout: 60_000 })
  await close()
  await ended
  const runs = join(desktop.graph, '..', '.diptych', 'runs')
  const [run] = await readdir(runs)
  const { state } = JSON.parse(await readFile(join(runs, run!, 'run.json'), 'utf8')) as { state: string }
  expect(state).toBe('stopped')
})
