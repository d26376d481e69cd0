import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readStamped } from './stamped.ts'

/** Where set-up puts the XLA plugin, below the cache folder. */
export const PLUGIN_FOLDER = join('plugins', 'xla-cpu-0.0.1')
const LIBRARY = 'xla_cpu_pjrt.so'
const ASK_MS = 10_000

export type PluginState =
  | { readonly state: 'ready'; readonly path: string; readonly bytes: number }
  | { readonly state: 'missing' | 'damaged'; readonly path: string }

/** Whether the plugin is there, with every file of the size that it was unpacked with. */
export async function pluginState(cache: string): Promise<PluginState> {
  const folder = join(cache, PLUGIN_FOLDER)
  const path = join(folder, LIBRARY)
  if (!existsSync(path)) return { state: 'missing', path }
  const stamp = await readStamped(folder)
  return stamp ? { state: 'ready', path, bytes: (await stat(path)).size } : { state: 'damaged', path }
}

/** What a program answers to `args`, its first line; undefined where it is missing or fails. */
export function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    execFile(program, [...args], { timeout: ASK_MS, windowsHide: true }, (error, stdout, stderr) => {
      resolve(error ? undefined : (stdout.trim() || stderr.trim()).split('\n')[0])
    })
  })
}

export interface PythonState {
  readonly version?: string
  readonly pip?: string
}

/** The Python that set-up would fetch the plugin with. */
export async function pythonState(): Promise<PythonState> {
  for (const name of ['python3', 'python']) {
    const version = await ask(name, ['--version'])
    if (!version?.startsWith('Python 3')) continue
    const pip = (await ask(name, ['-m', 'pip', '--version']))?.replace(/ from .*/, '')
    return { version, pip }
  }
  return {}
}

/** Free bytes on the disk that holds a path, or would hold it; undefined where the system doesn't say. */
export async function freeSpace(path: string): Promise<number | undefined> {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  const stats = await statfs(at).catch(() => undefined)
  return stats && stats.bavail * stats.bsize
}
