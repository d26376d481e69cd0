import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Platform } from './client-options.ts'
import { PluginError } from './error.ts'
import { packagedPlugins, siteFolders } from './python-plugins.ts'

const PLUGINS = 'plugins'
const CPU_LIBRARY = join('xla-cpu-0.0.1', 'xla_cpu_pjrt.so')
const ADVICE = 'Run "npm start" (or "node scripts/setup.mjs") to fetch it.'

/** A plugin that may be used. */
export interface Candidate {
  readonly path: string
  readonly platform: Platform
  /** What it is and where it was found, for people. */
  readonly what: string
  /** Why it can't be used, as far as the machine tells without loading it. */
  readonly refused?: string
}

/** What discovery looks at beside the files of plugins. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** Whether a file of the system is there. */
  readonly exists: (path: string) => boolean
}

/** Any of these is there where a driver for NVIDIA's devices is loaded: Linux, then Windows' Linux. */
const DRIVER = ['/dev/nvidiactl', '/dev/dxg']

/**
 * Every plugin that can be found, the preferred first: the one that `DIPTYCH_PJRT_PLUGIN` names, which is then the
 * only one; those that set-up has put into the cache folder; those in the active Python's packages, as JAX installs
 * them. In `<cache>/plugins`, `xla-cpu-…` holds the CPU plugin's library, and every other folder is laid out as
 * Python's `site-packages` is, because a CUDA plugin finds NVIDIA's libraries by their place beside it.
 * Throws a `PluginError` where the environment names a file that is not there.
 */
export function pluginCandidates(
  cacheDir: string | undefined,
  around: Surroundings = { env: process.env, exists: existsSync },
): Candidate[] {
  const driver = DRIVER.some(around.exists)
  const candidate = (path: string, what: string): Candidate => {
    const platform = platformOf(path)
    const refused =
      platform === 'cuda' && !driver ? 'no driver for an NVIDIA device is loaded on this machine' : undefined
    return { path, platform, what, ...(refused && { refused }) }
  }
  const named = around.env.DIPTYCH_PJRT_PLUGIN
  if (named) {
    const path = resolve(named)
    if (!existsSync(path))
      throw new PluginError(
        `DIPTYCH_PJRT_PLUGIN names ${path}, where there is no file. Correct it or unset it.`,
      )
    return [candidate(path, 'named by DIPTYCH_PJRT_PLUGIN')]
  }
  const cached = cacheDir === undefined ? [] : cachedPlugins(join(cacheDir, PLUGINS))
  const installed = siteFolders(around.env).flatMap(site =>
    packagedPlugins(site).map(p => ({ path: p.path, what: `${p.package} in ${site}` })),
  )
  return [...cached, ...installed].map(p => candidate(p.path, p.what))
}

function cachedPlugins(folder: string): { path: string; what: string }[] {
  const cpu = join(folder, CPU_LIBRARY)
  // The newest CUDA first: one that is too new for the driver is passed over.
  const others = existsSync(folder) ? readdirSync(folder).sort().reverse() : []
  return [
    ...others.flatMap(name =>
      packagedPlugins(join(folder, name)).map(p => ({
        path: p.path,
        what: `${p.package} in the cache folder`,
      })),
    ),
    ...(existsSync(cpu) ? [{ path: cpu, what: 'the CPU plugin in the cache folder' }] : []),
  ]
}

/** What a plugin drives, by the names of its file and folder: nothing else tells before it is loaded. */
export const platformOf = (path: string): Platform =>
  /cuda/i.test(join(basename(dirname(path)), basename(path))) ? 'cuda' : 'cpu'

/**
 * The plugins to try, in turn. Without a platform: CUDA where a device may be there, and the CPU where that fails.
 * Throws a `PluginError` that says what was found, why it is refused, and what to do.
 */
export function choosePlugins(
  candidates: readonly Candidate[],
  platform: Platform | undefined,
  cacheDir: string | undefined,
): Candidate[] {
  const usable = candidates.filter(c => !c.refused && (platform === undefined || c.platform === platform))
  if (usable.length > 0)
    return [...usable.filter(c => c.platform === 'cuda'), ...usable.filter(c => c.platform === 'cpu')]
  if (candidates.length === 0 && platform !== 'cuda') {
    const missing =
      cacheDir === undefined
        ? 'No XLA plugin was named, and no cache folder to look for it in.'
        : `The XLA plugin is not at ${join(cacheDir, PLUGINS, CPU_LIBRARY)}.`
    throw new PluginError(`${missing} ${ADVICE}`)
  }
  const wanted = platform === undefined ? '' : platform === 'cuda' ? ' for CUDA' : ' for the CPU'
  const advice = platform === 'cuda' ? 'Run "npm run setup:gpu" to fetch one.' : ADVICE
  throw new PluginError(`There is no usable XLA plugin${wanted}. ${advice}${found(candidates)}`)
}

/** One line for each candidate: what it is, and why it is not used. */
const found = (candidates: readonly Candidate[]): string =>
  candidates.map(c => `\n  ${showCandidate(c)}: ${c.refused ?? `it is for ${c.platform}`}`).join('')

export const showCandidate = ({ path, what }: Candidate): string => `${path} (${what})`

/**
 * Path of the plugin that the environment names, else of the CPU's. Throws a `PluginError` that says what to do
 * where there is none.
 */
export const findPlugin = (cacheDir: string | undefined, env: NodeJS.ProcessEnv = process.env): string => {
  const candidates = pluginCandidates(cacheDir, { env, exists: existsSync })
  return choosePlugins(candidates, env.DIPTYCH_PJRT_PLUGIN ? undefined : 'cpu', cacheDir)[0]!.path
}
