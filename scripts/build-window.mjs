import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listFiles } from './setup/code-hashes.mjs'
import { withLock } from './setup/lock.mjs'
import { projectRoot } from './setup/paths.mjs'
import { lastLines, run } from './setup/process.mjs'
import { say, seconds } from './setup/progress.mjs'

const STAMP = join('out', '.window-stamp')
const OUTPUTS = ['renderer/index.html', 'main/index.js', 'preload/index.cjs'].map(path => join('out', path))
/** The layers that end up in the window or the desktop shell; the engine's are not among them. */
const FOLDERS = ['renderer', 'main', 'preload', 'host', 'protocol', 'graph', 'nodes', 'nn', 'ir']
const SOURCES = ['.ts', '.tsx', '.css', '.html', '.json', '.svg', '.png', '.woff2']
const SETTINGS = ['package-lock.json', 'electron.vite.config.ts', 'tsconfig.json', 'tsconfig.window.json']

/** One hash over everything that the window is built from. */
function inputsHash(root) {
  const hash = createHash('sha256')
  const paths = FOLDERS.flatMap(folder => listFiles(root, `src/${folder}`, SOURCES))
  for (const path of [...paths, ...SETTINGS]) hash.update(`${path}\0`).update(readFileSync(join(root, path)))
  return hash.update(readFileSync(fileURLToPath(import.meta.url))).digest('hex')
}

/** True when `out/` holds the window that the sources would be built to now. */
export function windowReady(root = projectRoot) {
  try {
    const stamp = readFileSync(join(root, STAMP), 'utf8')
    return stamp === inputsHash(root) && OUTPUTS.every(path => existsSync(join(root, path)))
  } catch {
    return false
  }
}

/**
 * Builds the window and the desktop shell into `out/`, for browsers and Electron alike. Does nothing when the
 * sources haven't changed.
 *
 * @throws {Error} with a message for a person
 */
export async function ensureWindow(root = projectRoot, { log = say } = {}) {
  if (windowReady(root)) return
  await withLock(join(root, '.diptych', 'window.lock'), { what: 'building the window', log }, async lock => {
    if (windowReady(root)) return
    const started = performance.now()
    const hash = inputsHash(root)
    const program = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
    const built = await run(process.execPath, [program, 'build', '--logLevel', 'warn'], {
      cwd: root,
      onStart: pid => lock.child(pid),
    })
    if (built.code !== 0) throw new Error(`the window could not be built:\n  ${lastLines(built.output, 12)}`)
    writeFileSync(join(root, STAMP), hash)
    log(`window built in ${seconds(started)}`)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await ensureWindow()
  } catch (error) {
    say(error.message)
    process.exitCode = 1
  }
}
