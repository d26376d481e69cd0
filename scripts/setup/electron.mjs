import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isOffline } from './paths.mjs'
import { lastLines, run } from './process.mjs'
import { say } from './progress.mjs'

const LIMIT_MS = 180_000

/** True when the package knows its binary and has it. */
function hasBinary(folder) {
  try {
    return existsSync(join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8')))
  } catch {
    return false
  }
}

/**
 * Fetches Electron's binary, which its package leaves to an install script. That script may hang or fail (a
 * proxy, no network), and nothing but the desktop window needs it: so it has a time limit, and failing is a line.
 *
 * @returns {Promise<{state: 'absent' | 'ready' | 'failed', problem?: string}>} `absent`: not a dependency here
 */
export async function ensureElectron(root, { env = process.env, log = say, limitMs = LIMIT_MS } = {}) {
  const folder = join(root, 'node_modules', 'electron')
  if (!existsSync(folder)) return { state: 'absent' }
  if (hasBinary(folder)) return { state: 'ready' }
  const failed = reason => ({
    state: 'failed',
    problem: `the desktop window is not available: Electron's binary ${reason}. All else works without it.`,
  })
  if (isOffline(env)) return failed('is missing, and DIPTYCH_OFFLINE forbids to fetch it')
  log("fetching Electron's binary")
  const result = await run(process.execPath, ['install.js'], { cwd: folder, env, timeoutMs: limitMs })
  if (result.timedOut) return failed(`did not arrive within ${limitMs / 1000} s`)
  if (hasBinary(folder)) return { state: 'ready' }
  return failed(`could not be fetched (${lastLines(result.output, 1) || `exit code ${result.code}`})`)
}
