import { describe, expect, it } from 'vitest'
import { type DType, tensor } from '../../src/ir/types.ts'
import { add, clientOfSuite, f32, floats, mlirType, moduleText, named, plugin, v4 } from './pjrt-kit.ts'

const { path, missing } = plugin()

describe.skipIf(missing !== '')(named('arrays on a PJRT device', missing), () => {
  const { client, keep, put, compile, call } = clientOfSuite(path)

  it('gives results row-major, whatever order the device computes in', async () => {
    const from = tensor('f32', [2, 3])
    const to = tensor('f32', [3, 2])
    const text = moduleText(
      [from],
      [['%0', to]],
      '%0 = stablehlo.transpose %x0, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>',
    )
    const [out] = await call(await compile(text, [from]), [put([2, 3], [1, 2, 3, 4, 5, 6])])
    expect(floats(await out!.toHost())).toEqual([1, 4, 2, 5, 3, 6])
  })

  const bytesOf: Record<DType, ArrayBuffer> = {
    f32: new Float32Array([1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-40, -2]).buffer,
    bf16: new Uint16Array([0x3f80, 0x8000, 0x7fc0, 0xff80, 0x0001, 0xbf80]).buffer,
    s32: new Int32Array([0, -1, 2 ** 31 - 1, -(2 ** 31), 7, 8]).buffer,
    u32: new Uint32Array([0, 1, 2 ** 32 - 1, 2 ** 31, 7, 8]).buffer,
    s64: new BigInt64Array([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 7n, 8n]).buffer,
    u8: new Uint8Array([0, 1, 127, 128, 254, 255]).buffer,
    bool: new Uint8Array([0, 1, 1, 0, 1, 0]).buffer,
  }
  for (const dtype of Object.keys(bytesOf) as DType[]) {
    it(`brings ${dtype} to the device and back, to the last bit`, async () => {
      const type = tensor(dtype, [3, 2])
      const bytes = new Uint8Array(bytesOf[dtype])
      // A copy that is overwritten afterwards: upload must not read the host memory again.
      const copy = bytes.slice()
      const array = keep(client().upload({ type, bytes: copy }))
      copy.fill(0xaa)
      expect((await array.toHost()).bytes).toEqual(bytes)

      const text = moduleText(
        [type],
        [['%0', type]],
        `%0 = stablehlo.reverse %x0, dims = [] : ${mlirType(type)}`,
      )
      const executable = await compile(text, [type])
      expect(executable.outputs).toEqual([type])
      const [out] = await call(executable, [array])
      expect(await out!.toHost()).toEqual({ type, bytes })
    })
  }

  it('takes scalars, empty tensors and unaligned host memory', async () => {
    expect(floats(await put([], [42]).toHost())).toEqual([42])
    expect(await put([0, 3], []).toHost()).toEqual(f32([0, 3], []))
    const unaligned = new Uint8Array(new ArrayBuffer(21)).subarray(5)
    unaligned.set(f32([4], [1, 2, 3, 4]).bytes)
    const array = keep(client().upload({ type: v4, bytes: unaligned }))
    expect(floats(await array.toHost())).toEqual([1, 2, 3, 4])
  })

  it('brings tensors of several megabytes back whole', async () => {
    const type = tensor('u32', [1 << 20])
    const values = Uint32Array.from({ length: 1 << 20 }, (_, i) => Math.imul(i, 2654435761))
    const array = keep(client().upload({ type, bytes: new Uint8Array(values.buffer) }))
    expect(Buffer.compare((await array.toHost()).bytes, new Uint8Array(values.buffer))).toBe(0)
  })

  it('says what was freed', async () => {
    const executable = await compile(add, [v4, v4])
    const array = put([4], [1, 2, 3, 4])
    array.free()
    array.free()
    await expect(array.toHost()).rejects.toThrow("this array of f32[4] was freed and can't be used any more")
    executable.free()
    executable.free()
    const other = put([4], [1, 2, 3, 4])
    await expect(executable.run([other, other])).rejects.toThrow('this executable was freed')
  })

  it('survives arrays that are freed while the device still reads them', async () => {
    const n = 400
    const square = tensor('f32', [n, n])
    const text = moduleText(
      [square],
      [['%0', square]],
      `%0 = stablehlo.dot_general %x0, %x0, contracting_dims = [1] x [0] : (${mlirType(square)}, ${mlirType(square)}) -> ${mlirType(square)}`,
    )
    const executable = await compile(text, [square])
    const ones = Array.from({ length: n * n }, () => 1)
    for (let i = 0; i < 5; i++) {
      const x = client().upload(f32([n, n], ones))
      const [y] = await executable.run([x])
      x.free()
      const [z] = await executable.run([y!])
      y!.free()
      const host = z!.toHost()
      z!.free()
      expect(floats(await host)[0]).toBe(n ** 3)
    }
  })
})
