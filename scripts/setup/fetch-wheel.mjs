import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isOffline } from './paths.mjs'
import { lastLines, run } from './process.mjs'
import { megabytes, showProgress } from './progress.mjs'
import { findPip, missingPip } from './python.mjs'
import { hashFile } from './wheel.mjs'

/** A reason not to have something that is no fault of the program: shown as one line, and things go on. */
export class Unavailable extends Error {}

/** This system as the pins call it. `glibc` is undefined where the C library is another. */
export function thisSystem({ platform = process.platform, arch = process.arch, glibc } = {}) {
  return { platform, arch, glibc: glibc ?? (platform === 'linux' ? glibcVersion() : undefined) }
}

function glibcVersion() {
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime
}

/** The wheel that a pin has for a system. Throws `Unavailable` where it has none. */
export function wheelFor(pin, { platform, arch, glibc }) {
  const wheel = pin.wheels[`${platform}-${arch}`]
  if (!wheel) {
    const arches = Object.keys(pin.wheels).map(system => system.split('-')[1])
    throw new Unavailable(
      `there is none for ${platform} on ${arch} (it exists for Linux on ${arches.join(' and ')})`,
    )
  }
  const version = (glibc ?? '').split('.').map(Number)
  if (!glibc) throw new Unavailable('it needs glibc, and this Linux has another C library (musl?)')
  if (version[0] < pin.glibc[0] || (version[0] === pin.glibc[0] && version[1] < pin.glibc[1])) {
    throw new Unavailable(`it needs glibc ${pin.glibc.join('.')} or newer, and this is ${glibc}`)
  }
  return wheel
}

export function checkSpace(folder, bytes) {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < bytes) {
    throw new Unavailable(
      `it needs ${megabytes(bytes)} of disk, and ${folder} has ${megabytes(bavail * bsize)}`,
    )
  }
}

/** Removes what starts that were killed have left in a folder, by the beginning of its name. */
export function removeLeftovers(folder, prefix) {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix)) rmSync(join(folder, name), { recursive: true, force: true })
  }
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
  const requirement = wheel.requirement ?? pin.requirement
  writeFileSync(requirements, `${requirement} --hash=sha256:${wheel.sha256}\n`)
  const target = join(scratch, 'wheel')
  const working = join(scratch, 'pip')
  mkdirSync(target, { recursive: true })
  mkdirSync(working, { recursive: true })

  const total = megabytes(wheel.bytes)
  log(`fetching ${pin.title} (${requirement}, ${total}) with ${pip.join(' ')}`)
  const measure = () => `${megabytes(Math.max(sizeOf(target), sizeOf(working)))} of ${total}`
  const end = showProgress(pin.label, measure, { log, everyMs: progressMs })
  const flags = [
    'download',
    '--no-deps',
    '--require-hashes',
    '--only-binary=:all:',
    '--no-cache-dir',
    '--no-input',
  ]
  // A wheel for one version of Python is only unpacked: this machine's may be another.
  const python3 = wheel.python
    ? ['--python-version', wheel.python, '--implementation', 'cp', '--abi', `cp${wheel.python}`]
    : []
  const [command, ...first] = pip
  const result = await run(
    command,
    // The system is named, so that a pip too old to know it takes the wheel all the same.
    [...first, ...flags, ...python3, '--platform', wheel.platform, '--dest', target, '-r', requirements],
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
 * The checked wheel in `keep`: one that a person has put there, one that an interrupted start has left, or pip's.
 *
 * @param {{title: string, label: string, requirement: string, wheels: object}} pin `label`: the word before progress
 * @param {{file: string, platform: string, sha256: string, bytes: number, python?: string}} wheel
 * @param {{keep: string, scratch: string, env: NodeJS.ProcessEnv, log: (line: string) => void, progressMs?: number}} options
 * @returns {Promise<string>} the wheel's path in `keep`
 * @throws {Unavailable} with the reason, for a person
 */
export async function fetchWheel(pin, wheel, { keep, scratch, env, log, progressMs }) {
  const kept = join(keep, wheel.file)
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
