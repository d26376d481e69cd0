import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { cacheFolder } from '../../src/host/cache-folder.ts'
import { expect, test } from './workbench.ts'

const STEPS = 40
const ON_SCREEN_MS = 5000
const FIRST_LOSS_MS = 15_000

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

test('a second start is on the screen within 5 s, and the loss moves within 15 s of Run', async ({
  workbench,
}) => {
  // The first start packs the pictures and compiles; both are kept.
  const { server, window } = await workbench.start({ steps: STEPS, seed: 41 })
  await window.button('Run').click()
  await window.finished()
  await window.page.close()
  await server.stop()

  await workbench.write({ steps: STEPS, seed: 42 })
  const started = performance.now()
  const second = await workbench.window(await workbench.serve().address())
  const shown = performance.now() - started
  await second.button('Run').click()
  await expect.poll(() => second.losses().length, { intervals: [50], timeout: 60_000 }).toBeGreaterThan(0)
  const moved = performance.now() - started - shown
  console.log(`second start: on the screen after ${seconds(shown)}; first loss ${seconds(moved)} after Run`)
  expect(shown).toBeLessThan(ON_SCREEN_MS)
  expect(moved).toBeLessThan(FIRST_LOSS_MS)
  await second.finished()
})

test('the canvas is there before the plugin: its download shows progress, and a run waits for it', async ({
  workbench,
}) => {
  const cache = join(workbench.folder, 'empty-cache')
  const path = await slowPip(workbench.folder, cache)
  const { window } = await workbench.start({ steps: 5, seed: 43 }, { cache, env: { PATH: path } })
  const notice = window.page.getByRole('status').filter({ hasText: 'Fetching the XLA plugin' })
  await expect(notice).toBeVisible()
  await expect(notice).toContainText(/\d+(\.\d+)? MB of \d+/)
  const first = await notice.textContent()
  await expect.poll(() => notice.textContent()).not.toBe(first)
  // It can be edited meanwhile.
  await window.select('train')
  await window.type('Steps', '6')
  await window.button('Run').click()
  await expect(window.state).toHaveText('Queued')

  await writeFile(join(workbench.folder, 'arrive'), '')
  await expect(notice).toBeHidden()
  await window.finished()
  await expect(window.progress).toHaveText(/^step 6 \/ 6 /)
})

/**
 * A `python3` whose pip fetches slowly, and puts the plugin of this machine in its place once the file `arrive`
 * is there. Returns the path to find it on.
 */
async function slowPip(folder: string, cache: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await mkdir(cache)
  // What was packed and compiled by other tests may be used; the plugin is what is missing.
  for (const name of ['packs', 'nodes', 'xla'])
    await symlink(join(process.env.DIPTYCH_E2E_CACHE!, name), join(cache, name))
  await mkdir(join(cache, 'plugins'))
  const program = join(bin, 'python3')
  await writeFile(
    program,
    `#!${process.execPath}
const { appendFileSync, cpSync, existsSync, readdirSync } = require('node:fs')
const { join } = require('node:path')
if (!process.argv.includes('download')) {
  console.log(process.argv.includes('--version') ? 'pip 99.0 from here' : 'Python 3.99.0')
  process.exit(0)
}
const timer = setInterval(() => {
  appendFileSync(join(process.env.TMPDIR, 'wheel.part'), Buffer.alloc(1 << 20))
  if (!existsSync(${JSON.stringify(join(folder, 'arrive'))})) return
  clearInterval(timer)
  cpSync(${JSON.stringify(join(cacheFolder(), 'plugins'))}, ${JSON.stringify(join(cache, 'plugins'))}, {
    recursive: true,
  })
  console.error('ERROR: someone else was faster')
  process.exit(1)
}, 300)
`,
  )
  await chmod(program, 0o755)
  return `${bin}${delimiter}${process.env.PATH}`
}
