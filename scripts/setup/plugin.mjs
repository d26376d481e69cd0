import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { cacheDir, isOffline } from './paths.mjs'
import { XLA_CPU } from './pins.mjs'
import { lastLines, run } from './process.mjs'
import { megabytes, say, seconds, showProgress } from './progress.mjs'
import { findPip, missingPip } from './python.mjs'
import { hashFile, unpackWheel } from './wheel.mjs'

const STAMP = 'stamp.json'

/** A reason not to have the plugin that is no fault of the program: shown as one line, and things go on. */
class Unavailable extends Error {}

/** The folder that the plugin is unpacked to. */
export const pluginDir = (cache = cacheDir(), pin = XLA_CPU) => join(cache, 'plugins', pin.folder)

/** The stamp of a plugin whose files are all there and of the right size, else undefined. Reads no big file. */
function readStamp(folder) {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, STAMP), 'utf8'))
    const whole = Object.entries(stamp.files).every(
      ([path, file]) => statSync(join(folder, path)).size === file.bytes,
    )
    return whole && Object.keys(stamp.files).length > 0 ? stamp : undefined
  } catch {
    return undefined
  }
}

/** True when the plugin can be loaded: a quick look at names and sizes. */
export const pluginReady = (folder = pluginDir()) => readStamp(folder) !== undefined

/** True when every file of the plugin still has the hash it was unpacked with. */
export async function verifyPlugin(folder = pluginDir()) {
  const stamp = readStamp(folder)
  if (!stamp) return false
  for (const [path, file] of Object.entries(stamp.files)) {
    if ((await hashFile(join(folder, path))) !== file.sha256) return false
  }
  return true
}

/** The C library's version where it is glibc, else undefined. */
function glibcVersion() {
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime
}

function wheelFor(pin, { platform, arch, glibc }) {
  const wheel = pin.wheels[`${platform}-${arch}`]
  if (!wheel) {
    throw new Unavailable(`there is none for ${platform} on ${arch} (it exists for Linux on x64 and arm64)`)
  }
  const version = (glibc ?? '').split('.').map(Number)
  if (!glibc) throw new Unavailable('it needs glibc, and this Linux has another C library (musl?)')
  if (version[0] < pin.glibc[0] || (version[0] === pin.glibc[0] && version[1] < pin.glibc[1])) {
    throw new Unavailable(`it needs glibc ${pin.glibc.join('.')} or newer, and this is ${glibc}`)
  }
  return wheel
}

/** Bytes in a folder so far, pip's unfinished files included. */
function sizeOf(folder) {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter(entry => entry.isFile())
    return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
  } catch {
    // pip has renamed or removed something meanwhile.
    return 0
  }
}

/** Why pip failed. Without a connection it says in the end only that it has found nothing. */
function pipReason(output) {
  const broken = /NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError/.exec(output)
  if (broken)
    return `no connection to the package index (${broken[0]}); check the network or pip's proxy settings`
  const errors = output.split('\n').filter(line => line.startsWith('ERROR:'))
  return `\n  ${lastLines(errors.join('\n') || output, 3)}\n  `
}

/** Fetches the wheel with pip, which checks the hash before it keeps the file. Returns the file's path. */
async function download(pin, wheel, scratch, { env, log, progressMs }) {
  const { pip, python } = await findPip({ env, scratch })
  if (!pip) throw new Unavailable(missingPip({ python }))

  const requirements = join(scratch, 'requirements.txt')
  const hashes = Object.values(pin.wheels).map(({ sha256 }) => ` --hash=sha256:${sha256}`)
  writeFileSync(requirements, `${pin.requirement}${hashes.join('')}\n`)
  const target = join(scratch, 'wheel')
  const working = join(scratch, 'pip')
  mkdirSync(target)
  mkdirSync(working)

  const total = megabytes(wheel.bytes)
  log(`fetching ${pin.title} (${pin.requirement}, ${total}) with ${pip.join(' ')}`)
  const measure = () => `${megabytes(Math.max(sizeOf(target), sizeOf(working)))} of ${total}`
  const end = showProgress('plugin', measure, { log, everyMs: progressMs })
  const flags = [
    'download',
    '--no-deps',
    '--require-hashes',
    '--only-binary=:all:',
    '--no-cache-dir',
    '--no-input',
  ]
  const [command, ...first] = pip
  const result = await run(
    command,
    // The system is named, so that a pip too old to know it takes the wheel all the same.
    [...first, ...flags, '--platform', wheel.platform, '--dest', target, '-r', requirements],
    {
      // Its own temporary folder: progress is read there, and what a killed pip leaves is found and removed.
      env: { ...env, TMPDIR: working, PIP_REQUIRE_VIRTUALENV: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    },
  )
  end()
  if (result.code !== 0) throw new Unavailable(`pip could not fetch it: ${pipReason(result.output)}`)
  return join(target, wheel.file)
}

/**
 * The checked wheel, beside the plugin's folder: one that a person has put there, one that an interrupted start
 * has left, or pip's.
 */
async function getWheel(pin, wheel, scratch, { plugins, env, log, progressMs }) {
  const kept = join(plugins, wheel.file)
  const isKept = existsSync(kept)
  if (!isKept && isOffline(env)) {
    throw new Unavailable(
      `it is not in the cache, and DIPTYCH_OFFLINE forbids to fetch it (or put ${kept} there)`,
    )
  }
  const path = isKept ? kept : await download(pin, wheel, scratch, { env, log, progressMs })
  const found = await hashFile(path)
  if (found !== wheel.sha256) {
    throw new Unavailable(`${path} has the SHA-256 ${found}, not ${wheel.sha256}; remove it`)
  }
  if (!isKept) renameSync(path, kept)
  return kept
}

function checkSpace(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < bytes) {
    throw new Unavailable(
      `it needs ${megabytes(bytes)} of disk, and ${folder} has ${megabytes(bavail * bsize)}`,
    )
  }
}

async function install(pin, folder, options) {
  const { plugins, log } = options
  const scratchPrefix = `tmp-${pin.folder}-`
  for (const name of readdirSync(plugins)) {
    if (name.startsWith(scratchPrefix)) rmSync(join(plugins, name), { recursive: true, force: true })
  }
  const wheel = wheelFor(pin, options)
  checkSpace(plugins, wheel.bytes + pin.unpackedBytes)
  const started = performance.now()
  const scratch = mkdtempSync(join(plugins, scratchPrefix))
  try {
    const archive = await getWheel(pin, wheel, scratch, options)
    const fresh = join(scratch, 'plugin')
    const files = await unpackWheel(archive, fresh, pin.members)
    writeFileSync(join(fresh, STAMP), `${JSON.stringify({ wheel: wheel.sha256, files }, null, 2)}\n`, {
      flush: true,
    })
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
    rmSync(archive, { force: true })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  log(`${pin.title} is in ${folder} (${seconds(started)})`)
}

/**
 * Makes sure that the plugin is in the cache. Failing is no error of the program: `problem` is the line for a
 * person. Looks at the disk only when all is there; a partial or damaged folder is replaced.
 *
 * @returns {Promise<{folder?: string, problem?: string}>}
 */
export async function ensurePlugin(given = {}) {
  const options = {
    pin: XLA_CPU,
    env: process.env,
    log: say,
    platform: process.platform,
    arch: process.arch,
    ...given,
  }
  const { pin, env, log } = options
  const plugins = join(options.cache ?? cacheDir(env), 'plugins')
  const folder = join(plugins, pin.folder)
  if (pluginReady(folder)) return { folder }
  try {
    // Before the lock: where there is no wheel, nothing is written.
    const glibc = options.glibc ?? (options.platform === 'linux' ? glibcVersion() : undefined)
    wheelFor(pin, { ...options, glibc })
    await withLock(`${folder}.lock`, { what: `fetching ${pin.title}`, log }, async () => {
      if (!pluginReady(folder)) await install(pin, folder, { ...options, plugins, glibc })
    })
    return { folder }
  } catch (error) {
    if (!(error instanceof Unavailable) && !error.code) throw error
    const fallback = 'Without it only graphs of toy size run, on the slow reference backend.'
    return { problem: `${pin.title} is missing: ${error.message}.\n  ${fallback}` }
  }
}
