import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { findNpm, installWithNpm } from './npm.mjs'
import { isOffline } from './paths.mjs'
import { lastLines } from './process.mjs'
import { say, seconds, showProgress } from './progress.mjs'

const HOW = 'npm ci --ignore-scripts --include=dev --include=optional'

const stampFile = root => join(root, 'node_modules', '.diptych-stamp')

/** What the stamp must say: a folder installed from another lock file, or for another system, is not ready. */
function wantedStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
}

/** True when the installed packages are those of package-lock.json. Reads two small files, nothing more. */
export function packagesReady(root) {
  try {
    return readFileSync(stampFile(root), 'utf8') === wantedStamp(root)
  } catch {
    return false
  }
}

/**
 * True for a package that an installation here must have. npm's lock file lists optional ones for every system;
 * those that name none are parts of others, and which C library is in use is npm's to know.
 */
function isNeeded({ optional, os, cpu, libc }) {
  if (!optional) return true
  const allows = (list, value) => !list || list.includes(value)
  return Boolean(os ?? cpu) && !libc && allows(os, process.platform) && allows(cpu, process.arch)
}

/**
 * True when a person has run npm by hand and all is there. npm writes `node_modules/.package-lock.json` after
 * everything else, so it tells a whole installation from an interrupted one.
 */
export function installedByHand(root) {
  try {
    const read = path => JSON.parse(readFileSync(join(root, path), 'utf8')).packages
    const present = read('node_modules/.package-lock.json')
    return Object.entries(read('package-lock.json')).every(([path, wanted]) => {
      if (path === '') return true
      const found = present[path]
      if (!found) return !isNeeded(wanted)
      const same = found.version === wanted.version && found.integrity === wanted.integrity
      return same && existsSync(join(root, path, 'package.json'))
    })
  } catch {
    return false
  }
}

/**
 * Installs what package-lock.json lists, without running install scripts, unless it is there already.
 * The stamp is written last, so an interrupted installation is done again.
 *
 * @throws {Error} with a message for a person
 */
export async function ensurePackages(root, { env = process.env, log = say } = {}) {
  if (packagesReady(root)) return
  await withLock(join(root, '.diptych', 'setup.lock'), { what: 'installing packages', log }, async lock => {
    if (packagesReady(root)) return
    if (!installedByHand(root)) await install(root, { env, log, lock })
    writeFileSync(stampFile(root), wantedStamp(root))
  })
}

async function install(root, { env, log, lock }) {
  const npm = await findNpm(env)
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const paths = Object.keys(wanted).filter(path => path && isNeeded(wanted[path]))
  const started = performance.now()
  log(`installing ${paths.length} packages (${HOW})`)

  const measure = () => {
    const there = paths.filter(path => existsSync(join(root, path, 'package.json'))).length
    return `${there} of ${paths.length}`
  }
  const end = showProgress('packages', measure, { log })
  const result = await installWithNpm(npm, root, { flags: HOW.split(' ').slice(2), env, onStart: lock.child })
  end()
  if (result.code !== 0) {
    throw new Error(
      `the packages could not be installed:\n  ${lastLines(result.output.replace(/.*A complete log.*/, ''))}\n` +
        "Check the network (or npm's proxy and registry settings) and start again; it goes on by itself." +
        (isOffline(env) ? " DIPTYCH_OFFLINE is set: only npm's own cache was looked in." : ''),
    )
  }
  log(`packages installed in ${seconds(started)}`)
}
