/** A member of a test's archive; `type` and `claims` say what the header says. */
export interface TarEntry {
  readonly name: string
  readonly data?: string | Uint8Array
  readonly type?: string
  /** Bytes that the header claims, where that is not the truth. */
  readonly claims?: number
  readonly badSum?: boolean
}

const BLOCK = 512

/** A ustar archive, written independently of the reader. */
export const makeTar = (entries: readonly TarEntry[], end = true): Buffer =>
  Buffer.concat([...entries.map(member), ...(end ? [Buffer.alloc(2 * BLOCK)] : [])])

function member({ name, data = '', type = '0', claims, badSum }: TarEntry): Buffer {
  const bytes = Buffer.from(data as string)
  const header = tarHeader(name, claims ?? bytes.length, type)
  if (badSum) header[0]! ^= 1
  return Buffer.concat([header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)])
}

export function tarHeader(name: string, size: number, type = '0'): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((a, b) => a + b, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** A pax header record, `length key=value`. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest)
  while (String(length).length + Buffer.byteLength(rest) !== length)
    length = String(length).length + Buffer.byteLength(rest)
  return `${length}${rest}`
}
