import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leftOver } from './processes.ts'
import { expect, test } from './workbench.ts'

test('an engine that is killed while it trains: the run resumes from its newest checkpoint', async ({
  workbench,
}) => {
  const wish = { steps: 3000, seed: 31, params: { train: { checkpointEvery: 500 } } }
  const { server, window } = await workbench.start(wish)
  const { page } = window
  await window.button('Run').click()
  await expect.poll(() => window.taken(), { timeout: 90_000 }).toBeGreaterThan(1100)
  const { enginePid } = server
  expect(enginePid).toBeDefined()
  process.kill(enginePid!, 'SIGKILL')

  const notice = page.getByRole('alert').filter({ hasText: 'The engine crashed (signal SIGKILL).' })
  await expect(notice).toBeVisible()
  await expect(notice).toContainText('Your graph is untouched.')
  await expect(window.state).toHaveText('Interrupted')
  await expect(window.card('train')).toBeVisible()
  // It can be edited as before.
  await window.select('train')
  await expect(window.inspector.getByLabel('Steps', { exact: true })).toBeEnabled()

  await notice.getByRole('button', { name: /^Resume from step [\d,]+$/ }).click()
  await window.finished()
  await expect(notice).toBeHidden()
  await expect(window.progress).toHaveText(/^step 3,000 \/ 3,000 /)
  const resumed = window.losses()
  expect(resumed).toHaveLength(3000)

  // Without an interruption, from the start.
  window.events.length = 0
  await page.getByRole('button', { name: 'Ways to run' }).click()
  await page.getByRole('menuitem', { name: 'Run, and train again what is cached' }).click()
  await expect.poll(() => window.taken()).toBeLessThan(3000)
  await window.finished()
  expect(window.losses()).toEqual(resumed)
})

test('a window that is closed while it trains: the run is committed, and nothing is left', async ({
  workbench,
}) => {
  const { server, window } = await workbench.start(
    { steps: 1_000_000, seed: 32 },
    { args: ['--when-closed', 'stop', '--grace', '2000'] },
  )
  await window.button('Run').click()
  await expect.poll(() => window.taken(), { timeout: 90_000 }).toBeGreaterThan(20)
  // A reload is not the end.
  await window.page.reload()
  await expect.poll(() => window.taken()).toBeGreaterThan(50)
  const folder = window.events.flatMap(event => (event.type === 'run' ? [event.folder] : []))[0]
  expect(folder).toBeDefined()
  await window.page.close()
  expect(await server.ended()).toBe(0)
  expect(await leftOver(`DIPTYCH_CONFIG=${workbench.places.config}`)).toEqual([])
  const run = JSON.parse(await readFile(join(folder!, 'run.json'), 'utf8')) as { readonly state: string }
  expect(run.state).toBe('stopped')

  // Opened again, it is where it was, and goes on.
  const again = workbench.serve()
  const second = await workbench.window(await again.address())
  await expect(second.state).toHaveText('Stopped')
  await expect.poll(() => second.taken()).toBeGreaterThan(50)
  const at = await second.taken()
  await second.button('Resume').click()
  await expect.poll(() => second.taken(), { timeout: 30_000 }).toBeGreaterThan(at)
})
