import { describe, expect, it } from 'vitest'
import { clientOptions } from '../../src/runtime/pjrt/client-options.ts'
import { compileOptions } from '../../src/runtime/pjrt/compile-options.ts'
import { namedValue, readNamedValues } from '../../src/runtime/pjrt/named-value.ts'
import { addressOf } from '../../src/runtime/pjrt/native.ts'
import { structArray } from '../../src/runtime/pjrt/struct.ts'

/** What a plugin reads of these options. */
function readBack(options: ReturnType<typeof clientOptions>): Record<string, unknown> {
  const structs = structArray(Object.entries(options).map(([name, value]) => namedValue(name, value)))
  return Object.fromEntries(readNamedValues(addressOf(structs), Object.keys(options).length))
}

describe("a client's options", () => {
  it('are its number of virtual devices on a CPU', () => {
    expect(readBack(clientOptions('cpu', 4))).toEqual({ cpu_device_count: 4 })
  })

  it('are those of JAX on CUDA, with the first devices', () => {
    expect(readBack(clientOptions('cuda', 1, {}))).toEqual({
      platform_name: 'cuda',
      allocator: 'default',
      visible_devices: [0],
    })
    const env = {
      XLA_CLIENT_MEM_FRACTION: '0.5',
      XLA_PYTHON_CLIENT_PREALLOCATE: 'false',
      XLA_PYTHON_CLIENT_ALLOCATOR: 'cuda_async',
    }
    expect(readBack(clientOptions('cuda', 3, env))).toEqual({
      platform_name: 'cuda',
      allocator: 'cuda_async',
      visible_devices: [0, 1, 2],
      memory_fraction: 0.5,
      preallocate: false,
    })
    expect(clientOptions('cuda', 1, { XLA_PYTHON_CLIENT_MEM_FRACTION: '0.9' })).toMatchObject({
      memory_fraction: 0.9,
    })
    expect(clientOptions('cuda', 1, { XLA_PYTHON_CLIENT_PREALLOCATE: '1' })).toMatchObject({
      preallocate: true,
    })
  })

  it('name the variable that is wrong', () => {
    expect(() => clientOptions('cuda', 1, { XLA_PYTHON_CLIENT_ALLOCATOR: 'mine' })).toThrow(
      'XLA_PYTHON_CLIENT_ALLOCATOR is "mine": set it to one of default, platform, bfc, cuda_async, vmm, or unset it.',
    )
    expect(() => clientOptions('cuda', 1, { XLA_PYTHON_CLIENT_MEM_FRACTION: 'half' })).toThrow(
      'XLA_PYTHON_CLIENT_MEM_FRACTION is "half": set it to the share of the device\'s memory to take, such as 0.75.',
    )
  })

  it('keep numbers below nought and fractions as they are', () => {
    const values = { a: -1n, b: [-2n, 3n], c: 1.5, d: true, e: 'ü' } as const
    expect(readBack(values)).toEqual({ a: -1, b: [-2, 3], c: 1.5, d: true, e: 'ü' })
  })
})

/** A protobuf message of varints and nested messages, by field number. */
function decode(bytes: Uint8Array): Map<number, bigint | Uint8Array> {
  const fields = new Map<number, bigint | Uint8Array>()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    if ((tag & 7) === 0) fields.set(tag >> 3, varint())
    else {
      const length = Number(varint())
      fields.set(tag >> 3, bytes.subarray(at, at + length))
      at += length
    }
  }
  return fields
}

describe('compile options', () => {
  const built = (devices?: number) => decode(decode(compileOptions(devices)).get(3) as Uint8Array)

  it('are for one device by default, which the client chooses', () => {
    expect([...built()]).toEqual([
      [1, 2n ** 64n - 1n],
      [4, 1n],
      [5, 1n],
    ])
  })

  it('partition a program for several devices, with Shardy', () => {
    expect([...built(4)]).toEqual([
      [1, 2n ** 64n - 1n],
      [4, 1n],
      [5, 4n],
      [6, 1n],
      [19, 1n],
    ])
  })
})
