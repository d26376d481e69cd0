import { describe, expect, it } from 'vitest'
import { byteLength, parseType, tensor } from '../../src/ir/types.ts'
import { PjrtError } from '../../src/runtime/pjrt/error.ts'
import {
  add,
  clientOfSuite,
  f32,
  floats,
  mlirType,
  moduleText,
  named,
  plugin,
  scalar,
  step,
  v4,
} from './pjrt-kit.ts'

const { path, missing } = plugin()

describe.skipIf(missing !== '')(named('calls of a PJRT executable', missing), () => {
  const { client, keep, put, compile, call } = clientOfSuite(path)

  it('adds two tensors', async () => {
    const executable = await compile(add, [v4, v4])
    const [sum] = await call(executable, [put([4], [1, 2, 3, 4]), put([4], [10, 20, 30, 40])])
    expect(floats(await sum!.toHost())).toEqual([11, 22, 33, 44])
    expect(sum!.type).toEqual(v4)
    expect(executable.fromCache).toBe(false)
    expect(executable.memory).toEqual({
      argumentBytes: 32,
      outputBytes: 16,
      aliasedBytes: 0,
      temporaryBytes: 0,
    })
  })

  it('knows how many operations a call takes, and how many bytes it moves', async () => {
    const [x, y, z] = [tensor('f32', [64, 32]), tensor('f32', [32, 16]), tensor('f32', [64, 16])]
    const text = moduleText(
      [x, y],
      [['%0', z]],
      `%0 = stablehlo.dot_general %x0, %x1, contracting_dims = [1] x [0] : (${mlirType(x)}, ${mlirType(y)}) -> ${mlirType(z)}`,
    )
    const { cost } = await compile(text, [x, y])
    expect(cost).toEqual({ flops: 2 * 64 * 32 * 16, bytesAccessed: 4 * (64 * 32 + 32 * 16 + 64 * 16) })
  })

  it('runs programs without arguments and with several results', async () => {
    const i4 = tensor('s32', [4])
    const text = moduleText(
      [],
      [
        ['%0', i4],
        ['%1', scalar],
      ],
      '%0 = stablehlo.iota dim = 0 : tensor<4xi32>\n%1 = stablehlo.constant dense<2.5> : tensor<f32>',
    )
    const executable = await compile(text, [])
    expect(executable.outputs).toEqual([i4, scalar])
    const [a, b] = await call(executable, [])
    expect([...new Int32Array((await a!.toHost()).bytes.buffer)]).toEqual([0, 1, 2, 3])
    expect(floats(await b!.toHost())).toEqual([2.5])
  })

  it('reuses the memory of donated arguments, which are gone afterwards', async () => {
    // Large enough that XLA would not copy it by chance to the same place.
    const big = tensor('f32', [1 << 16])
    const text = moduleText(
      [{ type: big, alias: 0 }, big],
      [['%0', big]],
      '%0 = stablehlo.add %x0, %x1 : tensor<65536xf32>',
    )
    const executable = await compile(text, [big, big], [0])
    expect(executable.memory.aliasedBytes).toBe(byteLength(big))
    const ones = Array.from({ length: 1 << 16 }, () => 1)
    const weights = put([1 << 16], ones)
    const other = put([1 << 16], ones)
    const before = weights.unsafeAddresses()
    const [updated] = await call(executable, [weights, other])
    await updated!.toHost()
    expect(updated!.unsafeAddresses()).toEqual(before)
    const gone = "this array of f32[65536] was donated to a call: use that call's result instead"
    await expect(weights.toHost()).rejects.toThrow(gone)
    await expect(executable.run([weights, other])).rejects.toThrow(`argument 0 ("x0"): ${gone}`)
    expect(floats(await other.toHost())[0]).toBe(1)
    weights.free()
  })

  it('keeps arguments that are not donated, even where the program could alias them', async () => {
    const executable = await compile(step, [v4, v4], [])
    const weights = put([4], [1, 2, 3, 4])
    const [updated, sum] = await call(executable, [weights, weights])
    expect(floats(await updated!.toHost())).toEqual([2, 4, 6, 8])
    expect(floats(await sum!.toHost())).toEqual([20])
    expect(floats(await weights.toHost())).toEqual([1, 2, 3, 4])
  })

  it('refuses to donate an array that another argument reads', async () => {
    const executable = await compile(step, [v4, v4], [0])
    const weights = put([4], [1, 2, 3, 4])
    await expect(executable.run([weights, weights])).rejects.toThrow(
      `argument 0 ("x0") is donated, so the same array can't also be argument 1 ("x1")`,
    )
    expect(floats(await weights.toHost())).toEqual([1, 2, 3, 4])
  })

  it('checks arguments before the call and names index, name and both types', async () => {
    const executable = await compile(add, [v4, v4])
    const good = put([4], [1, 2, 3, 4])
    await expect(executable.run([good])).rejects.toThrow('the program takes 2 arguments, but 1 were given')
    await expect(executable.run([good, put([2, 2], [1, 2, 3, 4])])).rejects.toThrow(
      'argument 1 ("x1") is f32[2,2], but the program takes f32[4]',
    )
    const ints = keep(client().upload({ type: parseType('s32[4]'), bytes: new Uint8Array(16) }))
    await expect(executable.run([ints, good])).rejects.toThrow(
      'argument 0 ("x0") is s32[4], but the program takes f32[4]',
    )
    const foreign = { type: v4, toHost: async () => f32([4], [0, 0, 0, 0]), free: () => {} }
    await expect(executable.run([good, foreign])).rejects.toThrow(
      'argument 1 ("x1") belongs to another backend',
    )
    expect(() => client().upload({ type: v4, bytes: new Uint8Array(12) })).toThrow(
      'f32[4] takes 16 bytes, but the host array has 12',
    )
  })

  it('explains what XLA refuses to compile, with the place', async () => {
    const bad = add.replace('stablehlo.add', 'stablehlo.nonsense')
    const error = await compile(bad, [v4, v4]).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(PjrtError)
    const { message, code, details } = error as PjrtError
    expect(code).toBe('UNKNOWN')
    expect(message).toMatch(/^XLA could not compile the program, line 3, column 10: [^\n]*nonsense[^\n]*$/)
    expect(details).toContain('line 3: %0 = stablehlo.nonsense %x0, %x1 : tensor<4xf32>')
    // A program that is wrong in its types, not its grammar.
    const types = add.replace('-> (tensor<4xf32>)', '-> (tensor<5xf32>)')
    await expect(compile(types, [v4, v4])).rejects.toThrow(/^XLA could not compile the program/)
    expect(client().ledger().errors).toBe(0)
  })

  it('computes while the host goes on, and keeps the order of calls', async () => {
    const n = 600
    const square = tensor('f32', [n, n])
    const dot = (a: string, b: string) =>
      `stablehlo.dot_general ${a}, ${b}, contracting_dims = [1] x [0] : (tensor<${n}x${n}xf32>, tensor<${n}x${n}xf32>) -> tensor<${n}x${n}xf32>`
    const text = moduleText(
      [{ type: square, alias: 0 }, square],
      [['%2', square]],
      `%0 = ${dot('%x0', '%x1')}\n%1 = ${dot('%0', '%x1')}\n%2 = stablehlo.add %1, %x0 : ${mlirType(square)}`,
    )
    const executable = await compile(text, [square, square], [0])
    const identity = put(
      [n, n],
      Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    )
    let x = put(
      [n, n],
      Array.from({ length: n * n }, () => 1),
    )
    // x ← x·1·1 + x: doubles with each call, so a lost or swapped call shows.
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    for (let i = 0; i < 12; i++) x = (await call(executable, [x, identity]))[0]!
    const host = floats(await x.toHost())
    clearInterval(timer)
    expect(new Set(host)).toEqual(new Set([4096]))
    expect(ticks).toBeGreaterThan(0)
  })

  describe('donating the result of a call that still runs', () => {
    const n = 800
    const square = tensor('f32', [n, n])
    const t = mlirType(square)
    const text = moduleText(
      [{ type: square, alias: 0 }, square],
      [['%0', square]],
      `%0 = stablehlo.dot_general %x0, %x1, contracting_dims = [1] x [0] : (${t}, ${t}) -> ${t}`,
    )
    const ones = Array.from({ length: n * n }, () => 1)
    const twos = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 2 : 0))

    // PJRT_Buffer_Destroy of a donated buffer waits for its call: freeing it at once made every step synchronous.
    it('returns before the device is done', async () => {
      const executable = await compile(text, [square, square], [0])
      const double = put([n, n], twos)
      let x = put([n, n], ones)
      let early = 0
      for (let i = 0; i < 6; i++) {
        x = (await call(executable, [x, double]))[0]!
        if (client().pipeline.running > 0) early++
      }
      expect(early).toBeGreaterThan(0)
      expect(new Set(floats(await x.toHost()))).toEqual(new Set([64]))
    })

    it('leaves a copy that was begun before with the old value', async () => {
      const executable = await compile(text, [square, square], [0])
      const double = put([n, n], twos)
      const [y] = await call(executable, [put([n, n], ones), double])
      const copied = y!.toHost()
      const [z] = await call(executable, [y!, double])
      expect(new Set(floats(await copied))).toEqual(new Set([2]))
      expect(new Set(floats(await z!.toHost()))).toEqual(new Set([4]))
    })
  })

  it('holds as many native objects after 500 steps as after one', async () => {
    const executable = await compile(step, [v4, v4], [0])
    let weights = put([4], [0, 0, 0, 0])
    const one = [1, 1, 1, 1]
    const turn = async () => {
      const batch = client().upload(f32([4], one))
      const [next, loss] = await executable.run([weights, batch])
      batch.free()
      const value = floats(await loss!.toHost())[0]
      loss!.free()
      weights = next!
      return value
    }
    const settled = () => {
      client().pipeline.drain()
      return client().ledger()
    }
    await turn()
    const first = settled()
    for (let i = 2; i <= 500; i++) expect(await turn()).toBe(4 * i)
    expect(settled()).toEqual(first)
    expect(first).toEqual({ clients: 1, executables: 1, buffers: 1, events: 0, errors: 0 })
    keep(weights)
  })
})
