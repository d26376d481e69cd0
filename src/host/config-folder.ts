import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/**
 * Where settings, journals of edits and the queue are kept: `DIPTYCH_CONFIG`, else the operating system's folder
 * for settings + `/diptych`.
 */
export function configFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (env.DIPTYCH_CONFIG) return resolve(env.DIPTYCH_CONFIG)
  if (platform === 'win32') return join(env.APPDATA || join(home, 'AppData', 'Roaming'), 'diptych')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'diptych')
  const xdg = env.XDG_CONFIG_HOME
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.config'), 'diptych')
}
