import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { PluginError } from './error.ts'

/** ELF's numbers of the processors that Node runs on (`e_machine`). */
const MACHINES: Partial<Record<NodeJS.Architecture, number>> = { x64: 62, arm64: 183 }
const MAGIC = '\x7fELF'
const CLASS_64 = 2

// Offsets in the header of a 64-bit ELF file, and in each of its program headers (System V ABI, chapters 4 and 5).
const HEADER_BYTES = 64
const SEGMENT_BYTES = 56

/**
 * Looks at a library before it is loaded. The loader maps a file into memory without reading it: one that is cut short
 * ends the whole process with a bus error at the first missing page. Throws a `PluginError` for what is no library of
 * this machine, or not all of one. Knows Linux's libraries only.
 */
export function checkLibraryFile(path: string, platform = process.platform, arch = process.arch): void {
  if (platform !== 'linux') return
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const read = (position: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length)
      const got = readSync(file, bytes, 0, length, position)
      if (got < length) throw cutShort(path, size, position + length)
      return bytes
    }
    const start = Buffer.alloc(MAGIC.length)
    readSync(file, start, 0, start.length, 0)
    if (start.toString('latin1') !== MAGIC) throw new PluginError(`${path} is no library. ${ADVICE}`)
    const header = read(0, HEADER_BYTES)
    if (header[4] !== CLASS_64 || header.readUInt16LE(18) !== MACHINES[arch])
      throw new PluginError(`${path} is a library for another processor than this ${arch}. ${ADVICE}`)
    const [segments, sections] = [Number(header.readBigUInt64LE(32)), Number(header.readBigUInt64LE(40))]
    const count = header.readUInt16LE(56)
    const table = read(segments, count * SEGMENT_BYTES)
    const ends = Array.from({ length: count }, (_, i) => {
      const at = i * SEGMENT_BYTES
      return Number(table.readBigUInt64LE(at + 8) + table.readBigUInt64LE(at + 32))
    })
    const end = Math.max(sections + header.readUInt16LE(58) * header.readUInt16LE(60), ...ends)
    if (size < end) throw cutShort(path, size, end)
  } finally {
    closeSync(file)
  }
}

const ADVICE = 'Unset DIPTYCH_PJRT_PLUGIN where it names this file; "npm run setup" fetches the right plugin.'

const cutShort = (path: string, size: number, wanted: number): PluginError =>
  new PluginError(
    `${path} is cut short: it has ${size} bytes of at least ${wanted}. ` +
      'Remove it and run "npm run setup" to fetch it again.',
  )
