import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeSafetensors, readSafetensors } from '../../src/engine/safetensors.ts'
import { tensor } from '../../src/ir/types.ts'
import { hostArray } from '../../src/runtime/host-array.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diptych-safetensors-'))
})
afterAll(() => rm(folder, { recursive: true }))

const tensors = new Map([
  ['b/weight', hostArray(tensor('f32', [2, 3]), [1, 2, 3, 4, 5, 6.5])],
  ['a', hostArray(tensor('s32', []), [-7])],
  ['empty', hostArray(tensor('f32', [0, 4]), [])],
])

const write = async (name: string, chunks: readonly Uint8Array[]): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, Buffer.concat(chunks))
  return path
}

/** A file with any header text and this many data bytes. */
const forged = (name: string, header: string, data: number): Promise<string> => {
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(BigInt(Buffer.byteLength(header)))
  return write(name, [head, Buffer.from(header), new Uint8Array(data)])
}

const entry = (from: number, to: number, shape = [(to - from) / 4]) =>
  JSON.stringify({ dtype: 'F32', shape, data_offsets: [from, to] })

describe('safetensors', () => {
  it('reads back what it wrote, byte for byte', async () => {
    const path = await write('good.safetensors', encodeSafetensors(tensors))
    const read = await readSafetensors(path)
    expect([...read.keys()].sort()).toEqual(['a', 'b/weight', 'empty'])
    for (const [name, value] of tensors) {
      expect(read.get(name)!.type).toEqual(value.type)
      expect(Buffer.from(read.get(name)!.bytes)).toEqual(Buffer.from(value.bytes))
    }
  })

  it('starts its data on a multiple of 8 bytes, as the format asks', async () => {
    const bytes = await readFile(await write('aligned.safetensors', encodeSafetensors(tensors)))
    expect(Number(bytes.readBigUInt64LE()) % 8).toBe(0)
  })

  it.each([
    ['too short', '', 0, /has \d+ bytes|header is not JSON/],
    ['gap', `{"a":${entry(4, 8)}}`, 8, /"a" starts at 4, not at 0/],
    ['overlap', `{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12, /"b" starts at 4, not at 8/],
    ['uncovered tail', `{"a":${entry(0, 4)}}`, 8, /cover 4 of 8 bytes/],
    ['duplicate name', `{"a":${entry(0, 4)},"a":${entry(0, 4)}}`, 4, /"a" occurs twice/],
    ['wrong size', `{"a":${entry(0, 8, [3])}}`, 8, /8 bytes for 3 f32/],
    ['unknown dtype', '{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}', 4, /F8_E4M3/],
    ['negative offset', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}', 0, /malformed/],
  ])('refuses a file with a fault: %s', async (name, header, data, message) => {
    const path = await forged(`${name.replaceAll(' ', '-')}.safetensors`, header, data)
    await expect(readSafetensors(path)).rejects.toThrow(message)
    await expect(readSafetensors(path)).rejects.toThrow(path)
  })

  it('refuses a header longer than the file', async () => {
    const head = Buffer.alloc(8)
    head.writeBigUInt64LE(1n << 40n)
    await expect(readSafetensors(await write('long.safetensors', [head]))).rejects.toThrow(/claims/)
  })

  it('says how to convert a pickle', async () => {
    const pickle = Buffer.from([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9])
    await expect(readSafetensors(await write('model.bin', [pickle]))).rejects.toThrow(/pickle.*save_file/)
  })
})
