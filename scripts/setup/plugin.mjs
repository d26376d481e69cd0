import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkSpace, fetchWheel, removeLeftovers, thisSystem, Unavailable, wheelFor } from './fetch-wheel.mjs'
import { withLock } from './lock.mjs'
import { cacheDir } from './paths.mjs'
import { XLA_CPU } from './pins.mjs'
import { say, seconds } from './progress.mjs'
import { readStamp, verifyStamp, writeStamp } from './stamp.mjs'
import { unpackWheel } from './wheel.mjs'

/** The folder that the plugin is unpacked to. */
export const pluginDir = (cache = cacheDir(), pin = XLA_CPU) => join(cache, 'plugins', pin.folder)

/** True when the plugin can be loaded: a quick look at names and sizes. */
export const pluginReady = (folder = pluginDir()) => readStamp(folder) !== undefined

/** True when every file of the plugin still has the hash it was unpacked with. */
export const verifyPlugin = (folder = pluginDir()) => verifyStamp(folder)

async function install(pin, wheel, folder, { plugins, env, log, progressMs }) {
  const scratchPrefix = `tmp-${pin.folder}-`
  removeLeftovers(plugins, scratchPrefix)
  checkSpace(plugins, wheel.bytes + pin.unpackedBytes)
  const started = performance.now()
  const scratch = mkdtempSync(join(plugins, scratchPrefix))
  try {
    const archive = await fetchWheel(pin, wheel, { keep: plugins, scratch, env, log, progressMs })
    const fresh = join(scratch, 'plugin')
    const files = await unpackWheel(archive, fresh, pin.members)
    writeStamp(fresh, { wheel: wheel.sha256, files })
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
  const options = { pin: XLA_CPU, env: process.env, log: say, ...given }
  const { pin, env, log } = options
  const plugins = join(options.cache ?? cacheDir(env), 'plugins')
  const folder = join(plugins, pin.folder)
  if (pluginReady(folder)) return { folder }
  try {
    // Before the lock: where there is no wheel, nothing is written.
    const wheel = wheelFor(pin, thisSystem(options))
    await withLock(`${folder}.lock`, { what: `fetching ${pin.title}`, log }, async () => {
      if (!pluginReady(folder)) await install(pin, wheel, folder, { ...options, plugins })
    })
    return { folder }
  } catch (error) {
    if (!(error instanceof Unavailable) && !error.code) throw error
    const fallback = 'Without it only graphs of toy size run, on the slow reference backend.'
    return { problem: `${pin.title} is missing: ${error.message}.\n  ${fallback}` }
  }
}
