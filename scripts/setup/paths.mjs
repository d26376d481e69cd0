import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, wherever the process was started from. */
export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * Where plugins, packs and compiled programs are kept: `DIPTYCH_CACHE`, else the operating system's cache
 * folder + `/diptych`. A relative `XDG_CACHE_HOME` is ignored, as its specification asks.
 */
export function cacheDir(env = process.env, platform = process.platform, home = homedir()) {
  if (env.DIPTYCH_CACHE) return resolve(env.DIPTYCH_CACHE)
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'diptych')
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'diptych')
  const xdg = env.XDG_CACHE_HOME
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'diptych')
}

/** `DIPTYCH_OFFLINE=1` forbids set-up to use the network. */
export const isOffline = (env = process.env) => Boolean(env.DIPTYCH_OFFLINE) && env.DIPTYCH_OFFLINE !== '0'
