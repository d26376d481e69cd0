import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { PluginError } from './error.ts'

const FOLDER = join('plugins', 'xla-cpu-0.0.1')
const LIBRARY = 'xla_cpu_pjrt.so'
const ADVICE = 'Run "npm start" (or "node scripts/setup.mjs") to fetch it.'

/**
 * Path of the plugin's library: the environment's `DIPTYCH_PJRT_PLUGIN`, else the one that set-up has put into
 * the cache folder. Throws a `PluginError` that says what to do where there is none.
 */
export function findPlugin(cacheDir: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  const named = env.DIPTYCH_PJRT_PLUGIN
  if (named) {
    const path = resolve(named)
    if (existsSync(path)) return path
    throw new PluginError(
      `DIPTYCH_PJRT_PLUGIN names ${path}, where there is no file. Correct it or unset it.`,
    )
  }
  if (cacheDir === undefined) {
    throw new PluginError(`No XLA plugin was named, and no cache folder to look for it in. ${ADVICE}`)
  }
  const path = join(cacheDir, FOLDER, LIBRARY)
  if (existsSync(path)) return path
  throw new PluginError(`The XLA plugin is not at ${path}. ${ADVICE}`)
}

/** SHA-256 of the plugin, kept beside the compiled programs by the file's identity: it is 260 MB long. */
export async function pluginHash(path: string, folder: string | undefined): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path)
  const identity = createHash('sha256').update(`${path}|${size}|${mtimeMs}|${ino}`).digest('hex')
  const kept = folder && join(folder, `plugin-${identity.slice(0, 16)}.sha256`)
  if (kept) {
    const text = await readFile(kept, 'utf8').catch(() => '')
    if (/^[0-9a-f]{64}$/.test(text)) return text
  }
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  const digest = hash.digest('hex')
  if (folder && kept) {
    const temporary = `${kept}.${process.pid}.tmp`
    // Only saves time: a folder that can't be written is no reason to stop.
    await mkdir(folder, { recursive: true })
      .then(() => writeFile(temporary, digest))
      .then(() => rename(temporary, kept))
      .catch(() => {})
  }
  return digest
}
