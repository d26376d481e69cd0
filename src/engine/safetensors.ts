import { open } from 'node:fs/promises'
import { byteLength, type DType, elementCount, type TensorType, tensor } from '../ir/types.ts'
import type { HostArray } from '../runtime/backend.ts'

/** The format's own limit. */
const MAX_HEADER = 100_000_000

const NAMES: Record<DType, string> = {
  f32: 'F32',
  bf16: 'BF16',
  s32: 'I32',
  u32: 'U32',
  s64: 'I64',
  u8: 'U8',
  bool: 'BOOL',
}
const DTYPES = new Map(Object.entries(NAMES).map(([d, name]) => [name, d as DType]))

/** A file that is not safetensors, or is damaged; the message names the file and the fault. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError'
}

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/**
 * The bytes of a safetensors file (Hugging Face's format): an 8-byte little-endian header length, the header
 * in JSON, then the tensors without gaps, in name order.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const names = [...tensors.keys()].sort()
  let offset = 0
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } }
  for (const name of names) {
    const { type, bytes } = tensors.get(name)!
    header[name] = {
      dtype: NAMES[type.dtype],
      shape: type.shape,
      data_offsets: [offset, offset + bytes.length],
    }
    offset += bytes.length
  }
  let text = JSON.stringify(header)
  // The data starts on a multiple of 8 bytes.
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8)
  const head = Buffer.alloc(8 + Buffer.byteLength(text))
  head.writeBigUInt64LE(BigInt(head.length - 8))
  head.write(text, 8)
  return [head, ...names.map(name => tensors.get(name)!.bytes)]
}

/** Reads a safetensors file, trusting nothing in it: sizes, overlaps, coverage and duplicate names are checked. */
export async function readSafetensors(path: string): Promise<Map<string, HostArray>> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const fail = (why: string): never => {
      throw new SafetensorsError(`${path} is not a whole safetensors file: ${why}`)
    }
    const lengthBytes = Buffer.alloc(8)
    if (size < 8) fail(`it has ${size} bytes`)
    await file.read(lengthBytes, 0, 8, 0)
    if (lengthBytes[0] === 0x80)
      fail('it looks like a Python pickle. Convert it with safetensors.torch.save_file first')
    const length = Number(lengthBytes.readBigUInt64LE())
    if (length > MAX_HEADER || length > size - 8) fail(`its header claims ${length} bytes of ${size}`)
    const text = Buffer.alloc(length)
    await file.read(text, 0, length, 8)
    const entries = parseHeader(text.toString('utf8'), fail)
    const data = size - 8 - length
    checkCoverage(entries, data, fail)
    const tensors = new Map<string, HostArray>()
    for (const [name, entry] of entries) {
      const [from, to] = entry.data_offsets
      const bytes = new Uint8Array(to - from)
      const { bytesRead } = await file.read(bytes, 0, to - from, 8 + length + from)
      if (bytesRead !== to - from) fail(`"${name}" ends early`)
      tensors.set(name, { type: typeOf(name, entry, fail), bytes })
    }
    return tensors
  } finally {
    await file.close()
  }
}

type Fail = (why: string) => never

function parseHeader(text: string, fail: Fail): [string, Entry][] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return fail('its header is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return fail('its header is no object')
  const entries = Object.entries(parsed).filter(([name]) => name !== '__metadata__')
  for (const [name, entry] of entries) {
    // JSON.parse keeps the last of two equal keys; a second one must be refused, not hidden.
    if (text.split(`${JSON.stringify(name)}:`).length > 2) fail(`"${name}" occurs twice`)
    const e = entry as Partial<Entry> | null
    const whole = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0
    const wellFormed =
      typeof e?.dtype === 'string' &&
      Array.isArray(e.shape) &&
      e.shape.every(whole) &&
      Array.isArray(e.data_offsets) &&
      e.data_offsets.length === 2 &&
      e.data_offsets.every(whole) &&
      e.data_offsets[0]! <= e.data_offsets[1]!
    if (!wellFormed) fail(`the entry of "${name}" is malformed`)
  }
  return entries as [string, Entry][]
}

function checkCoverage(entries: readonly [string, Entry][], data: number, fail: Fail): void {
  const sorted = [...entries].sort((a, b) => a[1].data_offsets[0] - b[1].data_offsets[0])
  let at = 0
  for (const [name, { data_offsets }] of sorted) {
    if (data_offsets[0] !== at) fail(`"${name}" starts at ${data_offsets[0]}, not at ${at}`)
    at = data_offsets[1]
  }
  if (at !== data) fail(`its tensors cover ${at} of ${data} bytes`)
}

function typeOf(name: string, entry: Entry, fail: Fail): TensorType {
  const dtype = DTYPES.get(entry.dtype)
  if (!dtype) return fail(`"${name}" has the dtype ${entry.dtype}, which is not supported`)
  const type = tensor(dtype, entry.shape)
  const bytes = entry.data_offsets[1] - entry.data_offsets[0]
  if (byteLength(type) !== bytes)
    fail(`"${name}" has ${bytes} bytes for ${elementCount(type.shape)} ${dtype}`)
  return type
}
