import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { agrees } from './consent.mjs'
import { checkSpace, removeLeftovers, thisSystem, Unavailable, wheelFor } from './fetch-wheel.mjs'
import { withLock } from './lock.mjs'
import { findNvidia } from './nvidia.mjs'
import { cacheDir } from './paths.mjs'
import { XLA_CUDA } from './pins.mjs'
import { megabytes, say, seconds } from './progress.mjs'
import { readStamp, writeStamp } from './stamp.mjs'
import { bytesOf, unpackedBytesOf, unpackWheels } from './wheel-set.mjs'

/** The folder that a plugin for CUDA is unpacked to: laid out as `site-packages`, which the engine's discovery knows. */
export const gpuDir = (pin, cache = cacheDir()) => join(cache, 'plugins', pin.folder)

/**
 * The plugin for this machine: by the driver's version, or the one a person names.
 *
 * @param {{nvidia: Awaited<ReturnType<typeof findNvidia>>, cuda?: number}} options
 * @throws {Unavailable} that says what to do
 */
export function choosePin({ nvidia, cuda }, pins = XLA_CUDA) {
  if (cuda !== undefined) {
    const pin = pins.find(p => p.cuda === cuda)
    if (pin) return pin
    throw new Unavailable(`--cuda takes ${pins.map(p => p.cuda).join(' or ')}`)
  }
  if (!nvidia) {
    throw new Unavailable(
      'no NVIDIA driver was found here: nvidia-smi does not answer. Install the driver first (Ubuntu: sudo ' +
        'ubuntu-drivers install; Debian: sudo apt install nvidia-driver; in WSL it is the driver of Windows), look ' +
        `that nvidia-smi lists the card, and start again. For a machine like another one, name it: --cuda ${pins[0].cuda}`,
    )
  }
  const pin = pins.find(p => nvidia.major >= p.driver)
  if (pin) return pin
  const oldest = pins.at(-1)
  throw new Unavailable(
    `the driver ${nvidia.driver} is too old: CUDA ${oldest.cuda} needs ${oldest.driver} or newer, CUDA ` +
      `${pins[0].cuda} needs ${pins[0].driver}. Update the driver and start again`,
  )
}

async function install(pin, wheels, folder, { plugins, env, log, progressMs }) {
  const scratchPrefix = `tmp-${pin.folder}-`
  removeLeftovers(plugins, scratchPrefix)
  checkSpace(plugins, bytesOf(wheels) + unpackedBytesOf(wheels))
  const started = performance.now()
  const scratch = mkdtempSync(join(plugins, scratchPrefix))
  try {
    const fresh = join(scratch, 'plugin')
    const { files, remove } = await unpackWheels(wheels, fresh, {
      keep: plugins,
      scratch,
      env,
      log,
      progressMs,
    })
    writeStamp(fresh, { wheels: wheels.map(w => w.requirement), files })
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
    remove()
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  log(`${pin.title} is in ${folder} (${seconds(started)})`)
}

/**
 * Puts XLA's plugin for CUDA into the cache, with the libraries it needs, after saying how much that is and asking.
 * Python is needed for its pip only; the machine's own CUDA is neither needed nor touched.
 *
 * @param {{yes?: boolean, cuda?: number, cache?: string, env?: NodeJS.ProcessEnv, log?: (line: string) => void}} given
 * @returns {Promise<{folder?: string, problem?: string}>} neither where the person said no
 */
export async function ensureGpu(given = {}) {
  const options = { pins: XLA_CUDA, env: process.env, log: say, yes: false, ask: agrees, ...given }
  const { pins, env, log, cuda } = options
  const plugins = join(options.cache ?? cacheDir(env), 'plugins')
  try {
    const nvidia = await findNvidia(env)
    const pin = choosePin({ nvidia, cuda }, pins)
    if (nvidia) log(`NVIDIA driver ${nvidia.driver}, ${nvidia.cards.join(', ')}: CUDA ${pin.cuda}`)
    const folder = join(plugins, pin.folder)
    if (readStamp(folder)) return { folder }
    const wheels = wheelFor(pin, thisSystem(options))
    const missing = wheels.filter(wheel => !existsSync(join(plugins, wheel.file)))
    const what =
      `${pin.title} and what it needs of CUDA: ${wheels.length} packages, ${megabytes(bytesOf(missing))} are ` +
      `fetched, and ${folder} will take ${megabytes(unpackedBytesOf(wheels))}. ` +
      "NVIDIA's libraries come under its own licence, which is put beside them"
    if (!(await options.ask(what, { yes: options.yes, log }))) return {}
    mkdirSync(plugins, { recursive: true })
    await withLock(`${folder}.lock`, { what: `fetching ${pin.title}`, log }, async () => {
      if (!readStamp(folder)) await install(pin, wheels, folder, { ...options, plugins })
    })
    return { folder }
  } catch (error) {
    if (!(error instanceof Unavailable) && !error.code) throw error
    return { problem: `the XLA plugin for CUDA is missing: ${error.message}.\n  Without it the CPU is used.` }
  }
}
