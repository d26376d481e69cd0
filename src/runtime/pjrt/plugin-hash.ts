import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** What this process knows already, by identity. */
const known = new Map<string, Promise<string>>()

/** SHA-256 of the plugin, kept beside the compiled programs by the file's identity: it is 260 MB long. */
export async function pluginHash(path: string, folder: string | undefined): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path)
  const identity = createHash('sha256').update(`${path}|${size}|${mtimeMs}|${ino}`).digest('hex')
  const hash = known.get(identity) ?? readOrCompute(path, folder && join(folder, nameOf(identity)))
  known.set(identity, hash)
  // A file that could not be read now may be readable later.
  hash.catch(() => known.delete(identity))
  return hash
}

const nameOf = (identity: string): string => `plugin-${identity.slice(0, 16)}.sha256`

async function readOrCompute(path: string, kept: string | undefined): Promise<string> {
  const text = kept ? await readFile(kept, 'utf8').catch(() => '') : ''
  if (/^[0-9a-f]{64}$/.test(text)) return text
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  const digest = hash.digest('hex')
  if (kept) {
    const temporary = `${kept}.${process.pid}.tmp`
    // Only saves time: a folder that can't be written is no reason to stop.
    await mkdir(dirname(kept), { recursive: true })
      .then(() => writeFile(temporary, digest))
      .then(() => rename(temporary, kept))
      .catch(() => {})
  }
  return digest
}
