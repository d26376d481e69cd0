import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashFile } from './wheel.mjs'

const STAMP = 'stamp.json'

/**
 * What set-up wrote last into a folder, where all files that it names are there and of the right size, else
 * undefined. Reads no big file.
 */
export function readStamp(folder) {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, STAMP), 'utf8'))
    const whole = Object.entries(stamp.files).every(
      ([path, file]) => statSync(join(folder, path)).size === file.bytes,
    )
    return whole && Object.keys(stamp.files).length > 0 ? stamp : undefined
  } catch {
    return undefined
  }
}

/** True when every file that the stamp names still has the hash it was made with. */
export async function verifyStamp(folder) {
  const stamp = readStamp(folder)
  if (!stamp) return false
  for (const [path, file] of Object.entries(stamp.files)) {
    if ((await hashFile(join(folder, path))) !== file.sha256) return false
  }
  return true
}

/** Marks a folder as whole. `stamp.files`: path → `{sha256, bytes}`. */
export const writeStamp = (folder, stamp) =>
  writeFileSync(join(folder, STAMP), `${JSON.stringify(stamp, null, 2)}\n`, { flush: true })
