import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { byteLength, type DType, parseType, type TensorType, tensor } from '../../src/ir/types.ts'
import type { PjrtBuffer } from '../../src/runtime/pjrt/buffer.ts'
import { Client } from '../../src/runtime/pjrt/client.ts'
import { PjrtError } from '../../src/runtime/pjrt/error.ts'
import { API_VERSION } from '../../src/runtime/pjrt/layouts.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { f32, floats, inputs, mlirType, moduleText, named, plugin } from './pjrt-kit.ts'

const { path, missing } = plugin()
const v4 = tensor('f32', [4])
const scalar = tensor('f32', [])

describe.skipIf(missing !== '')(named('PJRT runtime', missing), () => {
  let open: Client | undefined
  const client = () => {
    open ??= new Client(Library.load(path))
    return open
  }
  const left: { free(): void }[] = []
  const keep = <T extends { free(): void }>(object: T): T => {
    left.push(object)
    return object
  }
  const put = (shape: readonly number[], values: readonly number[]) =>
    keep(client().upload(f32(shape, values)))
  const compile = async (text: string, types: readonly TensorType[], donate: readonly number[] = []) =>
    keep(await client().compile(text, { inputs: inputs(...types), donate }))
  const call = async (executable: Awaited<ReturnType<typeof compile>>, args: readonly PjrtBuffer[]) =>
    (await executable.run(args)).map(keep)

  const add = moduleText([v4, v4], [['%0', v4]], '%0 = stablehlo.add %x0, %x1 : tensor<4xf32>')
  const step = moduleText(
    [{ type: v4, alias: 0 }, v4],
    [
      ['%0', v4],
      ['%1', scalar],
    ],
    `%z = stablehlo.constant dense<0.0> : tensor<f32>
    %0 = stablehlo.add %x0, %x1 : tensor<4xf32>
    %1 = stablehlo.reduce(%0 init: %z) applies stablehlo.add across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>`,
  )

  afterEach(() => {
    for (const object of left.splice(0)) object.free()
  })
  afterAll(() => {
    const library = Library.load(path)
    open?.close()
    expect(library.ledger).toEqual({ clients: 0, executables: 0, buffers: 0, events: 0, errors: 0 })
  })

  it('drives the API version that its layouts were generated from', () => {
    expect(Library.load(path).version).toEqual(API_VERSION)
    expect(Library.load(path)).toBe(Library.load(path))
  })

  it('has layouts that match the header beside the plugin', ctx => {
    const header = join(dirname(path), 'include', 'pjrt_c_api.h')
    if (!existsSync(header)) return ctx.skip(`no ${header}`)
    const script = 'scripts/generate-pjrt-layouts.mjs'
    const { stdout, status } = spawnSync(process.execPath, [script, header, '--check'], { encoding: 'utf8' })
    expect({ stdout, status }).toEqual({ stdout: 'layouts.ts matches the header\n', status: 0 })
  })

  it('names its platform and devices', () => {
    expect(client().platformName).toBe('cpu')
    expect(client().devices).toHaveLength(1)
    const several = new Client(Library.load(path), { deviceCount: 3 })
    expect(several.devices).toHaveLength(3)
    several.close()
  })

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
    const before = weights.unsafeAddress()
    const [updated] = await call(executable, [weights, other])
    await updated!.toHost()
    expect(updated!.unsafeAddress()).toBe(before)
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

  it('frees what its owner left behind when it is closed', async () => {
    const library = Library.load(path)
    const before = { ...library.ledger }
    const other = new Client(library)
    const executable = await other.compile(add, { inputs: inputs(v4, v4) })
    const x = other.upload(f32([4], [1, 2, 3, 4]))
    await executable.run([x, x])
    const pending = x.toHost()
    const busy = await pending.then(() => 'done')
    expect(busy).toBe('done')
    other.close()
    other.close()
    expect(library.ledger).toEqual(before)
    expect(() => other.upload(f32([4], [1, 2, 3, 4]))).toThrow('the device was closed')
  })

  it('will not close under a running operation', async () => {
    const other = new Client(Library.load(path))
    const compiling = other.compile(add, { inputs: inputs(v4, v4) })
    expect(() => other.close()).toThrow('the device still works on 1 operations')
    await compiling
    other.close()
  })

  it('ends a process without a crash when nothing was closed', async () => {
    const { build } = await import('esbuild')
    const text = JSON.stringify(add)
    const result = await build({
      stdin: {
        contents: `import { Library } from './src/runtime/pjrt/library.ts'
import { Client } from './src/runtime/pjrt/client.ts'
const client = new Client(Library.load(${JSON.stringify(path)}))
const type = { dtype: 'f32', shape: [4] }
const exe = await client.compile(${text}, { inputs: [{ name: 'a', type }, { name: 'b', type }] })
const x = client.upload({ type, bytes: new Uint8Array(16) })
const [y] = await exe.run([x, x])
await y.toHost()
console.log('ended')`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      write: false,
    })
    // As a program on the command line, so that the packages are found from here.
    const args = ['--input-type=module', '-e', result.outputFiles[0]!.text]
    const child = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect({ stdout: child.stdout, status: child.status, signal: child.signal }).toEqual({
      stdout: 'ended\n',
      status: 0,
      signal: null,
    })
  })
})

it('writes its layouts by generator only', () => {
  expect(readFileSync('src/runtime/pjrt/layouts.ts', 'utf8')).toMatch(/^\/\/ Generated by scripts\//)
})
