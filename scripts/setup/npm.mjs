import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isOffline } from './paths.mjs'
import { run } from './process.mjs'

/**
 * How to call npm: the one that runs us, else the one on the path, else the one that came with this Node.
 *
 * @throws {Error} with a message for a person
 */
export async function findNpm(env) {
  const running = env.npm_execpath
  if (running && basename(running) === 'npm-cli.js' && existsSync(running)) return [process.execPath, running]
  if (process.platform !== 'win32') {
    const found = await run('npm', ['--version'], { env, timeoutMs: 30_000 })
    if (found.code === 0) return ['npm']
  }
  const beside = dirname(process.execPath)
  const scripts = [join(beside, 'node_modules'), join(beside, '..', 'lib', 'node_modules')]
  const script = scripts.map(folder => join(folder, 'npm', 'bin', 'npm-cli.js')).find(existsSync)
  if (script) return [process.execPath, script]
  throw new Error(
    'npm was not found. It comes with Node from nodejs.org and nvm; Debian and Ubuntu have it apart: ' +
      'sudo apt install npm',
  )
}

/** npm's own variables describe the package whose script started us, which need not be this one. */
function cleanEnv(env) {
  const foreign = /^npm_(package_|lifecycle_|command$|config_local_prefix$|config_prefix$|config_omit$)/i
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)))
}

const QUIET = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
// npm's own pauses would take more than a minute to find that there is no network.
const PATIENCE = ['--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000']

/** Runs `npm ci` in a folder with a package-lock.json. Offline, npm looks in its own cache only. */
export function installWithNpm(npm, folder, { flags, env, onStart }) {
  const [command, ...first] = npm
  const offline = isOffline(env) ? ['--offline'] : []
  return run(command, [...first, 'ci', ...flags, ...QUIET, ...PATIENCE, ...offline], {
    cwd: folder,
    env: cleanEnv(env),
    onStart,
  })
}
