import { type FileHandle, open } from 'node:fs/promises'
import { crc32, inflateRawSync } from 'node:zlib'

/** A file that is no archive that this reader takes; the message is for a person. */
export class ZipError extends Error {
  override readonly name = 'ZipError'
}

export interface ZipLimits {
  readonly entries: number
  readonly fileBytes: number
  /** Bytes of the list of entries. */
  readonly listBytes: number
  /** Unpacked bytes of all entries that `entryBytes` counts. */
  readonly totalBytes: number
  /** Unpacked over packed bytes, of an entry larger than `ratioFrom`. */
  readonly ratio: number
  readonly ratioFrom: number
  /** The most that an entry of this name may have unpacked; undefined where no entry may have this name. */
  readonly entryBytes: (name: string) => number | undefined
  /** Entries that are read in parts, and don't count among `totalBytes`. */
  readonly isApart: (name: string) => boolean
}

export interface ZipEntry {
  readonly name: string
  readonly bytes: number
  readonly packed: number
  readonly method: 'stored' | 'deflated'
  readonly offset: number
  /** CRC-32 of the unpacked bytes: the manifest, which has all other hashes, has none of its own. */
  readonly crc: number
}

const END = { signature: 0x06054b50, bytes: 22, comment: 0xffff }
const LISTED = { signature: 0x02014b50, bytes: 46 }
const LOCAL = { signature: 0x04034b50, bytes: 30 }
const ENCRYPTED = 1
const STORED = 0
const DEFLATED = 8

/**
 * An archive from anywhere. Only its list is read at first, and nothing of it is believed: every entry must have a
 * known name, once, within its limits, in its own place in the file. Nothing is ever written to the disk.
 */
export class ZipReader {
  readonly entries: ReadonlyMap<string, ZipEntry>
  private readonly file: FileHandle

  private constructor(file: FileHandle, entries: ReadonlyMap<string, ZipEntry>) {
    this.file = file
    this.entries = entries
  }

  static async open(path: string, limits: ZipLimits): Promise<ZipReader> {
    const file = await open(path, 'r')
    try {
      return new ZipReader(file, await readList(file, limits))
    } catch (e) {
      await file.close()
      throw e
    }
  }

  /** The whole of an entry. */
  async read(name: string): Promise<Uint8Array> {
    const entry = this.entries.get(name)
    if (!entry) throw new ZipError(`it has no ${name}`)
    const head = await readAt(this.file, entry.offset, LOCAL.bytes)
    if (head.readUInt32LE(0) !== LOCAL.signature) throw damaged(name)
    const [nameBytes, extraBytes] = [head.readUInt16LE(26), head.readUInt16LE(28)]
    const own = await readAt(this.file, entry.offset + LOCAL.bytes, nameBytes)
    if (own.toString('latin1') !== name) throw new ZipError(`${name} is called otherwise in its own place`)
    const packed = await readAt(this.file, entry.offset + LOCAL.bytes + nameBytes + extraBytes, entry.packed)
    const bytes = entry.method === 'stored' ? packed : inflate(packed, entry.bytes)
    if (bytes?.length !== entry.bytes || crc32(bytes) !== entry.crc) throw damaged(name)
    return bytes
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}

/** Never more than was announced, whatever the packed bytes say; undefined where they are no packed bytes. */
function inflate(packed: Buffer, most: number): Buffer | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, most) })
  } catch {
    return undefined
  }
}

const damaged = (what: string): ZipError => new ZipError(`${what} is damaged`)

async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes)
  const { bytesRead } = await file.read(buffer, 0, bytes, at)
  if (bytesRead < bytes) throw new ZipError('it was cut short')
  return buffer
}

async function readList(file: FileHandle, limits: ZipLimits): Promise<Map<string, ZipEntry>> {
  const { size } = await file.stat()
  if (size > limits.fileBytes) throw new ZipError(`it is larger than ${limits.fileBytes} bytes`)
  const tail = await readAt(
    file,
    Math.max(0, size - END.bytes - END.comment),
    Math.min(size, END.bytes + END.comment),
  )
  const at = endOf(tail)
  if (at === undefined) throw new ZipError('it is no zip archive, or was cut short')
  const [disk, listDisk, here, count] = [4, 6, 8, 10].map(o => tail.readUInt16LE(at + o)) as [
    number,
    number,
    number,
    number,
  ]
  const [listBytes, listAt] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  if (disk !== 0 || listDisk !== 0 || here !== count) throw new ZipError('it is one part of several')
  if (count > limits.entries) throw new ZipError(`it has ${count} entries, more than ${limits.entries}`)
  if (listBytes > limits.listBytes) throw new ZipError('its list of entries is too long')
  const listEnd = size - tail.length + at
  if (listAt + listBytes > listEnd) throw damaged('its list of entries')
  const list = await readAt(file, listAt, listBytes)
  const entries = new Map<string, ZipEntry>()
  let total = 0
  let from = 0
  for (let i = 0; i < count; i++) {
    if (from + LISTED.bytes > list.length || list.readUInt32LE(from) !== LISTED.signature)
      throw damaged('its list of entries')
    const end = from + LISTED.bytes + list.readUInt16LE(from + 28)
    const name = list.subarray(from + LISTED.bytes, end).toString('latin1')
    const entry = entryOf(list, from, name, limits)
    if (entries.has(name)) throw new ZipError(`it has ${name} twice`)
    if (!limits.isApart(name)) total += entry.bytes
    if (total > limits.totalBytes) throw new ZipError(`it unpacks to more than ${limits.totalBytes} bytes`)
    entries.set(name, entry)
    from = end + list.readUInt16LE(from + 30) + list.readUInt16LE(from + 32)
  }
  refuseOverlaps([...entries.values()], listAt)
  return entries
}

/** Where the end record stands: the last whose comment reaches exactly to the end of the file. */
function endOf(tail: Buffer): number | undefined {
  for (let at = tail.length - END.bytes; at >= 0; at--)
    if (
      tail.readUInt32LE(at) === END.signature &&
      at + END.bytes + tail.readUInt16LE(at + 20) === tail.length
    )
      return at
  return undefined
}

function entryOf(list: Buffer, from: number, name: string, limits: ZipLimits): ZipEntry {
  const [flags, method] = [list.readUInt16LE(from + 8), list.readUInt16LE(from + 10)]
  const [packed, bytes] = [list.readUInt32LE(from + 20), list.readUInt32LE(from + 24)]
  const [crc, offset] = [list.readUInt32LE(from + 16), list.readUInt32LE(from + 42)]
  const most = limits.entryBytes(name)
  if (most === undefined) throw new ZipError(`it holds ${printable(name)}, which has no place in it`)
  if (flags & ENCRYPTED) throw new ZipError(`${name} is encrypted`)
  if (method !== STORED && method !== DEFLATED) throw new ZipError(`${name} is packed in an unknown way`)
  if (bytes > most) throw new ZipError(`${name} has ${bytes} bytes, more than ${most}`)
  if (method === STORED && packed !== bytes) throw damaged(name)
  if (bytes > limits.ratioFrom && bytes > packed * limits.ratio)
    throw new ZipError(`${name} unpacks to more than ${limits.ratio} times its size`)
  return { name, bytes, packed, method: method === STORED ? 'stored' : 'deflated', offset, crc }
}

/** Entries that share bytes make a small file unpack to a huge one. */
function refuseOverlaps(entries: readonly ZipEntry[], listAt: number): void {
  const inOrder = [...entries].sort((a, b) => a.offset - b.offset)
  inOrder.forEach((e, i) => {
    const next = inOrder[i + 1]?.offset ?? listAt
    if (e.offset + LOCAL.bytes + e.name.length + e.packed > next)
      throw new ZipError(`${e.name} overlaps with what follows it`)
  })
}

/** A name from a stranger, as it may be shown. */
const printable = (name: string): string => JSON.stringify(name.slice(0, 80).replace(/[^\x20-\x7e]/g, '?'))
