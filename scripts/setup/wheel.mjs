import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'

// Signatures and sizes of the zip format's records (PKWARE's APPNOTE, 4.3.7, 4.3.12 and 4.3.16).
const END = { signature: 0x06054b50, size: 22 }
const CENTRAL = { signature: 0x02014b50, size: 46 }
const LOCAL = { signature: 0x04034b50, size: 30 }
const LONGEST_COMMENT = 0xffff
const STORED = 0
const DEFLATED = 8
const CHUNK = 1 << 20

/** SHA-256 of a file, in hex. */
export async function hashFile(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: CHUNK }), hash)
  return hash.digest('hex')
}

function readAt(file, position, length) {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length; ) {
    const got = readSync(file, bytes, done, length - done, position + done)
    if (got === 0) throw new Error('the archive ends too early')
    done += got
  }
  return bytes
}

/** Name → where and how each file of a zip archive is stored. Archives over 4 GB are not read. */
function listZip(file, bytes) {
  const tailLength = Math.min(bytes, END.size + LONGEST_COMMENT)
  const tail = readAt(file, bytes - tailLength, tailLength)
  let end = tail.length - END.size
  while (end >= 0 && tail.readUInt32LE(end) !== END.signature) end--
  if (end < 0) throw new Error('not a zip archive')

  const count = tail.readUInt16LE(end + 10)
  const directory = readAt(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
  const entries = new Map()
  for (let i = 0, at = 0; i < count; i++) {
    if (directory.readUInt32LE(at) !== CENTRAL.signature) throw new Error('a damaged zip archive')
    const nameEnd = at + CENTRAL.size + directory.readUInt16LE(at + 28)
    entries.set(directory.toString('utf8', at + CENTRAL.size, nameEnd), {
      method: directory.readUInt16LE(at + 10),
      packed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      // Unix's permissions, where the archive was made on Unix.
      mode: (directory.readUInt32LE(at + 38) >>> 16) & 0o777,
      header: directory.readUInt32LE(at + 42),
    })
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return entries
}

async function extract(archive, file, entry, target) {
  const header = readAt(file, entry.header, LOCAL.size)
  if (header.readUInt32LE(0) !== LOCAL.signature) throw new Error('a damaged zip archive')
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw new Error(`unknown zip compression ${entry.method}`)
  }
  const start = entry.header + LOCAL.size + header.readUInt16LE(26) + header.readUInt16LE(28)

  const hash = createHash('sha256')
  let bytes = 0
  const measure = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  mkdirSync(dirname(target), { recursive: true })
  await pipeline([
    createReadStream(archive, { start, end: start + entry.packed - 1, highWaterMark: CHUNK }),
    ...(entry.method === DEFLATED ? [createInflateRaw({ chunkSize: CHUNK })] : []),
    measure,
    // On the disk before the folder gets its name, or a power cut could leave a whole folder of empty files.
    createWriteStream(target, { flush: true, ...(entry.mode & 0o100 && { mode: entry.mode | 0o600 }) }),
  ])
  if (bytes !== entry.size) throw new Error(`${target} has ${bytes} bytes, not ${entry.size}`)
  return { sha256: hash.digest('hex'), bytes }
}

/**
 * Takes some files out of a wheel (which is a zip archive) whose hash has been checked.
 *
 * @param {string} archive
 * @param {string} folder
 * @param {Record<string, string> | ((name: string) => boolean)} members name in the archive → path in the folder, or
 * which names to take, each to the path of the same name
 * @returns {Promise<Record<string, {sha256: string, bytes: number}>>} by path in the folder
 * @throws {Error} when a member is missing or the archive is damaged
 */
export async function unpackWheel(archive, folder, members) {
  const file = openSync(archive, 'r')
  try {
    const entries = listZip(file, statSync(archive).size)
    const made = {}
    const wanted =
      typeof members === 'function'
        ? [...entries.keys()].filter(members).map(name => [name, name])
        : Object.entries(members)
    for (const [name, path] of wanted) {
      const entry = entries.get(name)
      if (path.split('/').includes('..')) throw new Error(`${name} in ${archive} leaves its folder`)
      if (!entry) throw new Error(`${name} is not in ${archive}`)
      made[path] = await extract(archive, file, entry, join(folder, path))
    }
    return made
  } finally {
    closeSync(file)
  }
}
