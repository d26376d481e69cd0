import { expect, it } from 'vitest'
import { byteSize, type DType, parseType, tensor } from '../../src/ir/types.ts'
import { hostArray, scalarArray, toNumbers, toReference, view } from '../../src/runtime/host-array.ts'

const roundTrip = (dtype: DType, values: readonly number[]): number[] => [
  ...toNumbers(hostArray(tensor(dtype, [values.length]), values)),
]

it('every dtype holds its own numbers exactly', () => {
  const held: Record<DType, readonly number[]> = {
    f32: [0.5, -0, 3.4028234663852886e38, 2 ** -149, Infinity, -Infinity, NaN].map(Math.fround),
    bf16: [1.5, -0, 2 ** -126, Infinity, -Infinity, NaN],
    s32: [-(2 ** 31), 2 ** 31 - 1, 0],
    u32: [0, 2 ** 32 - 1],
    s64: [-(2 ** 53), 2 ** 53, -1],
    u8: [0, 255],
    bool: [0, 1],
  }
  for (const [dtype, values] of Object.entries(held) as [DType, number[]][]) {
    expect(roundTrip(dtype, values), dtype).toEqual(values)
    expect(hostArray(tensor(dtype, [2, 0]), []).bytes.length).toBe(0)
    expect(scalarArray(dtype, 1).bytes.length).toBe(byteSize(dtype))
  }
})

it('bf16 rounds to nearest, ties to even, and keeps a NaN', () => {
  // Neighbours of 1 are 2⁻⁷ apart.
  const step = 2 ** -7
  expect(roundTrip('bf16', [1 + step / 2, 1 + step * 1.5, 1 + step * 0.51, -(1 + step / 2)])).toEqual([
    1,
    1 + 2 * step,
    1 + step,
    -1,
  ])
  expect(roundTrip('bf16', [3.4e38, -3.4e38])).toEqual([Infinity, -Infinity])
  expect([...hostArray(tensor('bf16', [2]), [NaN, 1]).bytes]).toEqual([0xc0, 0x7f, 0x80, 0x3f])
})

it('integers drop their fraction, and any number but 0 is true', () => {
  expect(roundTrip('s32', [1.9, -1.9])).toEqual([1, -1])
  expect(roundTrip('s64', [1.9, -1.9])).toEqual([1, -1])
  expect(roundTrip('bool', [2, -1, 0.5, 0, -0, NaN])).toEqual([1, 1, 1, 0, 0, 1])
})

it('reads bytes that lie anywhere, also in a Node buffer', () => {
  for (const text of ['f32[2]', 's32[2]', 'bf16[2]', 's64[2]', 'u8[2]', 'bool[2]']) {
    const type = parseType(text)
    const { bytes } = hostArray(type, [1, 0])
    for (const offset of [0, 1, 2, 4]) {
      const inside = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(3)])
      const part = inside.subarray(offset, offset + bytes.length)
      expect([...toNumbers({ type, bytes: part })], `${text} at ${offset}`).toEqual([1, 0])
      expect(toReference({ type, bytes: part }).data).toEqual(Float64Array.of(1, 0))
    }
  }
})

it('a view is the same memory', () => {
  const array = hostArray(tensor('f32', [2]), [1, 2])
  view(array)[0] = 7
  expect([...toNumbers(array)]).toEqual([7, 2])
  expect(() => view(hostArray(tensor('bf16', [1]), [1]))).toThrow('no typed view of bf16')
})

it('refuses a wrong count', () => {
  expect(() => hostArray(tensor('f32', [2, 2]), [1, 2, 3])).toThrow('3 values for 4 elements')
})
