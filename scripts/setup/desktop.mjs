import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureElectron } from './electron.mjs'

/** After Electron's binary could not be had, it is asked for again the next day, not at each start. */
const RETRY_MS = 24 * 3600_000

/** True where a window can be shown. */
export const hasDisplay = (env = process.env, platform = process.platform) =>
  platform === 'win32' || platform === 'darwin' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)

/** Electron's program, fetched if need be; undefined where it can't be had. */
export async function findElectron(root, { env = process.env, log }) {
  const failed = join(root, '.diptych', 'electron-failed')
  const recent = existsSync(failed) && Date.now() - statSync(failed).mtimeMs < RETRY_MS
  const { state, problem } = await ensureElectron(root, {
    env: recent ? { ...env, DIPTYCH_OFFLINE: '1' } : env,
    log,
  })
  if (state === 'ready') {
    const folder = join(root, 'node_modules', 'electron')
    return join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'))
  }
  if (problem && !recent) {
    log(problem)
    mkdirSync(dirname(failed), { recursive: true })
    writeFileSync(failed, `${problem}\n`)
  }
  return undefined
}
