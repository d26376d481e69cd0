import { expect, test } from 'vitest'
import { loadScript, makeTree } from './kit.ts'

interface ElectronModule {
  ensureElectron(
    root: string,
    options: { env?: NodeJS.ProcessEnv; log: (line: string) => void; limitMs?: number },
  ): Promise<{ state: string; problem?: string }>
}
const { ensureElectron } = await loadScript<ElectronModule>('setup/electron.mjs')

const log = () => {}
const withScript = (script: string) => makeTree({ 'node_modules/electron/install.js': script })
const INSTALLS = `const fs = require('node:fs')
fs.mkdirSync('dist'); fs.writeFileSync('dist/electron', ''); fs.writeFileSync('path.txt', 'electron')`

test('does nothing where Electron is no dependency', async () => {
  expect(await ensureElectron(makeTree(), { log })).toEqual({ state: 'absent' })
})

test('fetches the binary once', async () => {
  const root = withScript(INSTALLS)
  expect(await ensureElectron(root, { log })).toEqual({ state: 'ready' })
  // A second run of the script would fail: the folder is there.
  expect(await ensureElectron(root, { log })).toEqual({ state: 'ready' })
})

test('is stopped at its time limit', async () => {
  const { state, problem } = await ensureElectron(withScript('setInterval(() => {}, 1000)'), {
    log,
    limitMs: 300,
  })
  expect(state).toBe('failed')
  expect(problem).toBe(
    "the desktop window is not available: Electron's binary did not arrive within 0.3 s. All else works without it.",
  )
})

test('failing is one line', async () => {
  const root = withScript("console.error('at x\\nno such host'); process.exit(1)")
  const { state, problem } = await ensureElectron(root, { log })
  expect(state).toBe('failed')
  expect(problem).toContain("Electron's binary could not be fetched (no such host).")
  expect(problem).not.toContain('\n')
})

test('DIPTYCH_OFFLINE forbids to fetch it', async () => {
  const { problem } = await ensureElectron(withScript(INSTALLS), { log, env: { DIPTYCH_OFFLINE: '1' } })
  expect(problem).toContain('DIPTYCH_OFFLINE forbids to fetch it')
})
