import type { RandomFile } from './random-file.ts'

/** A member of a tar: where its bytes lie in the archive. */
export interface TarMember {
  readonly name: string
  readonly type: 'file' | 'folder' | 'link' | 'other'
  readonly offset: number
  readonly size: number
}

/** Something is wrong at a place of the archive; after a `fatal` one nothing more can be read. */
export interface TarFault {
  readonly problem: string
  readonly fatal: boolean
}

const BLOCK = 512
/** Headers are read this much at a time where members are small. */
const WINDOW = 1 << 18
/** A longer name or header extension is an attack. */
const MAX_EXTENSION = 1 << 20

/**
 * The members of a tar in order (ustar, GNU long names, pax), without reading their contents: one pass over the
 * headers in constant memory. Nothing is ever extracted.
 *
 * Format: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header".
 */
export async function* tarMembers(
  file: RandomFile,
  signal?: AbortSignal,
): AsyncGenerator<TarMember | TarFault> {
  const header = windowed(file)
  let at = 0
  let next: { path?: string; size?: number } = {}
  let shared: { path?: string; size?: number } = {}
  while (true) {
    signal?.throwIfAborted()
    const block = await header(at)
    if (block.length === 0 || isZero(block)) {
      if (block.length < BLOCK)
        yield fatal('the archive ends without its end mark; it may have been cut short.')
      else if (at === 0 && file.size < 2 * BLOCK) yield fatal('this is no tar archive.')
      return
    }
    if (block.length < BLOCK) {
      yield at === 0 ? noTar(block) : fatal('the archive is cut short in the middle of a header.')
      return
    }
    const fault = checkHeader(block, at)
    if (fault) {
      yield fault
      return
    }
    const type = String.fromCharCode(block[156]!)
    const ownSize = number(block.subarray(124, 136))
    const isExtension = 'LKxg'.includes(type)
    const size = isExtension ? ownSize : (next.size ?? shared.size ?? ownSize)
    const offset = at + BLOCK
    const end = offset + Math.ceil(size / BLOCK) * BLOCK
    if (!Number.isSafeInteger(size) || size < 0) {
      yield fatal(`the header of "${name(block)}" has no valid size.`)
      return
    }
    if (offset + size > file.size) {
      const has = Math.max(0, file.size - offset)
      yield fatal(
        `"${next.path ?? shared.path ?? name(block)}" claims ${size} bytes, but the archive ends after ${has} of them.`,
      )
      return
    }
    if (isExtension) {
      if (size > MAX_EXTENSION) {
        yield fatal(`an extended header of ${size} bytes, where at most ${MAX_EXTENSION} make sense.`)
        return
      }
      const bytes = await file.read(offset, size)
      if (type === 'L') next = { ...next, path: text(bytes) }
      else if (type === 'x') next = { ...next, ...pax(bytes) }
      else if (type === 'g') shared = { ...shared, ...pax(bytes) }
    } else {
      yield { name: next.path ?? shared.path ?? name(block), type: TYPES[type] ?? 'other', offset, size }
      next = {}
    }
    at = end
  }
}

const TYPES: Readonly<Record<string, TarMember['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'link',
  '5': 'folder',
}

const fatal = (problem: string): TarFault => ({ problem, fatal: true })

/** Blocks by their place, a window of the file at a time; a jump over a large member reads afresh. */
function windowed(file: RandomFile): (at: number) => Promise<Uint8Array> {
  let from = 0
  let held: Uint8Array = new Uint8Array()
  let small = true
  return async at => {
    if (at < from || at + BLOCK > from + held.length) {
      // Far jumps mean large members: then a window would read their bytes for nothing.
      small = at - (from + held.length) < WINDOW
      from = at
      held = await file.read(at, small ? WINDOW : BLOCK)
    }
    return held.subarray(at - from, at - from + BLOCK)
  }
}

function checkHeader(block: Uint8Array, at: number): TarFault | undefined {
  let sum = 0
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!
  if (sum === number(block.subarray(148, 156))) return undefined
  if (at > 0) return fatal(`the header at byte ${at} is damaged; what follows can't be found.`)
  return noTar(block)
}

function noTar(start: Uint8Array): TarFault {
  const isGzip = start[0] === 0x1f && start[1] === 0x8b
  return fatal(
    isGzip
      ? 'this archive is compressed, so pictures in it have no place. Unpack it with gunzip to a plain .tar.'
      : 'this is no tar archive.',
  )
}

/** Octal text, or a big-endian number with the first bit set (GNU, for 8 GiB and more). */
function number(field: Uint8Array): number {
  if (field[0]! & 0x80) {
    let value = field[0]! & 0x7f
    for (const byte of field.subarray(1)) value = value * 256 + byte
    return value
  }
  const octal = text(field).trim()
  if (octal === '') return 0
  return /^[0-7]+$/.test(octal) ? Number.parseInt(octal, 8) : Number.NaN
}

function name(block: Uint8Array): string {
  const plain = text(block.subarray(0, 100))
  const isUstar = text(block.subarray(257, 263)).startsWith('ustar')
  const prefix = isUstar && block[262] === 0 ? text(block.subarray(345, 500)) : ''
  return prefix ? `${prefix}/${plain}` : plain
}

/** The bytes up to the first zero as UTF-8. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** `path` and `size` of a pax header: lines `length key=value`, the length in bytes with everything. */
function pax(bytes: Uint8Array): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {}
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at)
    const length = space < 0 ? Number.NaN : Number(text(bytes.subarray(at, space)))
    if (!Number.isInteger(length) || length <= space - at || at + length > bytes.length) break
    const [, key, value] =
      /^([^=]*)=(.*)\n$/s.exec(new TextDecoder().decode(bytes.subarray(space + 1, at + length))) ?? []
    if (key === 'path') found.path = value!
    if (key === 'size') found.size = /^\d+$/.test(value!) ? Number(value) : Number.NaN
    at += length
  }
  return found
}

const isZero = (block: Uint8Array): boolean => block.every(byte => byte === 0)
