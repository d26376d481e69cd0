import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/**
 * Where plugins, packs, compiled programs and results are kept: `DIPTYCH_CACHE`, else the operating system's
 * cache folder + `/diptych`. A relative `XDG_CACHE_HOME` is ignored, as its specification asks.
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (env.DIPTYCH_CACHE) return resolve(env.DIPTYCH_CACHE)
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'diptych')
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'diptych')
  const xdg = env.XDG_CACHE_HOME
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'diptych')
}
