import { describe, expect, it } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import type { Program } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import type { HostArray } from '../../src/runtime/backend.ts'
import { createXlaBackend, type XlaBackend } from '../../src/runtime/pjrt/backend.ts'
import type { PjrtBuffer } from '../../src/runtime/pjrt/buffer.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { f32, floats, named, plugin, scratch } from './pjrt-kit.ts'

const ROWS = 8
const WIDTH = 3
const numbers = (n: number, seed: number) => Array.from({ length: n }, (_, i) => Math.sin(seed + 7 * i))

/**
 * A step of batch normalisation: z = x w, standardised by the statistics of all rows, loss = mean(tanh(z)³), and the
 * running mean. Gradients flow through the statistics.
 */
function batchNormStep(): Program {
  const b = new Builder()
  const w = b.input('w', tensor('f32', [WIDTH, WIDTH]))
  const running = b.input('running', tensor('f32', [WIDTH]))
  const x = b.input('x', tensor('f32', [ROWS, WIDTH]))
  const z = b.dotGeneral(x, w, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] })
  const mean = b.mean(z, [0])
  const centred = b.sub(z, b.broadcast(mean, [ROWS, WIDTH], [1]))
  const variance = b.mean(b.mul(centred, centred), [0])
  const scale = b.broadcast(b.rsqrt(b.add(variance, 1e-5)), [ROWS, WIDTH], [1])
  const y = b.tanh(b.mul(centred, scale))
  const loss = b.mean(b.mul(y, b.mul(y, y)), [0, 1])
  const [dw] = gradient(b, loss, [w])
  b.output('w', b.sub(w, b.mul(dw!, 0.1)))
  b.output('running', b.add(b.mul(running, 0.9), b.mul(mean, 0.1)))
  b.output('loss', loss)
  return b.finish('batch_norm')
}

const program = batchNormStep()
const lines = (devices: number, split: readonly number[]) =>
  lowerToStableHlo(program, { donate: [0], devices, split })
    .split('\n')
    .slice(0, 3)
    .join('\n')

describe('a program for several devices', () => {
  it('names them, and says of each argument and result how it lies on them', () => {
    expect(lines(4, [2])).toMatchInlineSnapshot(`
      "module @batch_norm {
        sdy.mesh @devices = <["data"=4]>
        func.func public @main(%arg0: tensor<3x3xf32> {tf.aliasing_output = 0 : i32, sdy.sharding = #sdy.sharding<@devices, [{}, {}]>}, %arg1: tensor<3xf32> {sdy.sharding = #sdy.sharding<@devices, [{}]>}, %arg2: tensor<8x3xf32> {sdy.sharding = #sdy.sharding<@devices, [{"data"}, {}]>}) -> (tensor<3x3xf32> {sdy.sharding = #sdy.sharding<@devices, [{}, {}]>}, tensor<3xf32> {sdy.sharding = #sdy.sharding<@devices, [{}]>}, tensor<f32> {sdy.sharding = #sdy.sharding<@devices, []>}) {"
    `)
  })

  it('is printed for one device as ever', () => {
    expect(lines(1, [])).toMatchInlineSnapshot(`
      "module @batch_norm {
        func.func public @main(%arg0: tensor<3x3xf32> {tf.aliasing_output = 0 : i32}, %arg1: tensor<3xf32>, %arg2: tensor<8x3xf32>) -> (tensor<3x3xf32>, tensor<3xf32>, tensor<f32>) {
          %0 = "stablehlo.dot_general"(%arg2, %arg0) {dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>} : (tensor<8x3xf32>, tensor<3x3xf32>) -> tensor<8x3xf32>"
    `)
  })
})

const { path, missing } = plugin()

describe.skipIf(missing !== '')(named('programs on several devices', missing), () => {
  const open = (deviceCount: number, cacheDir?: string) =>
    createXlaBackend({ plugin: path, deviceCount, cacheDir, lower: lowerToStableHlo })
  const compile = (backend: XlaBackend) => backend.compile(program, { donate: [0, 1], split: [2] })
  const upload = (backend: XlaBackend) =>
    [f32([WIDTH, WIDTH], numbers(WIDTH * WIDTH, 1)), f32([WIDTH], [0, 0, 0])].map(a => backend.upload(a))
  const batch = (seed: number): HostArray => f32([ROWS, WIDTH], numbers(ROWS * WIDTH, seed))

  /** Five steps on so many devices: all that they gave, and what each device holds of the weights in the end. */
  async function train(devices: number) {
    const backend = await open(devices)
    const executable = await compile(backend)
    let state = upload(backend)
    const losses: number[] = []
    for (let i = 0; i < 5; i++) {
      const x = backend.upload(batch(i), 'split')
      const [w, running, loss] = await executable.run([...state, x])
      losses.push(...floats(await loss!.toHost()))
      for (const a of [x, loss!]) a.free()
      state = [w!, running!]
    }
    const [w, running] = await Promise.all(state.map(async a => floats(await a.toHost())))
    const copies = await Promise.all(state.map(a => a.perDevice()))
    backend.close()
    return { losses, w: w!, running: running!, copies }
  }

  it('take statistics over all rows, forwards and backwards', async () => {
    const [one, two, four] = [await train(1), await train(2), await train(4)]
    for (const several of [two, four])
      for (const key of ['losses', 'w', 'running'] as const)
        several[key].forEach((v, i) => {
          expect(Math.abs(v - one[key][i]!), `${key}[${i}]`).toBeLessThan(1e-6)
        })
    // The statistics of each device's own two rows would give quite another loss.
    expect(Math.abs(one.losses[0]!)).toBeGreaterThan(1e-3)
  })

  it('leave each device with the same weights, to the last bit', async () => {
    const { copies } = await train(4)
    for (const devices of copies) {
      expect(devices).toHaveLength(4)
      for (const copy of devices) expect(copy).toEqual(devices[0])
    }
  })

  it('split rows in the order of the devices, and bring them back whole', async () => {
    const backend = await open(4)
    const array = f32([8, 2], numbers(16, 3))
    const split = backend.upload(array, 'split')
    expect(split.placement).toBe('split')
    expect(await split.toHost()).toEqual(array)
    const parts = await split.perDevice()
    expect(parts.map(p => p.length)).toEqual([16, 16, 16, 16])
    expect(Buffer.concat(parts)).toEqual(Buffer.from(array.bytes))
    // Five rows have no four equal parts, and a number has no rows.
    for (const odd of [f32([5], numbers(5, 0)), f32([], [1])]) {
      const whole = backend.upload(odd, 'split')
      expect(whole.placement).toBe('replicated')
      expect(await whole.toHost()).toEqual(odd)
    }
    backend.close()
  })

  it('reuse the memory of donated arguments on each device', async () => {
    const backend = await open(4)
    const executable = await compile(backend)
    const state = upload(backend) as PjrtBuffer[]
    const before = state[0]!.unsafeAddresses()
    expect(new Set(before).size).toBe(4)
    const [w] = await executable.run([...state, backend.upload(batch(0), 'split')])
    await w!.toHost()
    expect(w!.unsafeAddresses()).toEqual(before)
    await expect(state[0]!.toHost()).rejects.toThrow('was donated to a call')
    backend.close()
  })

  it('refuse an argument that lies otherwise on the devices', async () => {
    const backend = await open(4)
    const executable = await compile(backend)
    await expect(executable.run([...upload(backend), backend.upload(batch(0))])).rejects.toThrow(
      'argument 2 ("x") is whole on each device, but the program takes it split by rows over the devices: upload it as "split"',
    )
    backend.close()
  })

  it('are kept compiled, for their number of devices', async () => {
    const folder = scratch()
    const first = await open(4, folder.path)
    expect((await compile(first)).fromCache).toBe(false)
    first.close()
    const second = await open(4, folder.path)
    const executable = await compile(second)
    expect(executable.fromCache).toBe(true)
    const [, , loss] = await executable.run([...upload(second), second.upload(batch(0), 'split')])
    expect(floats(await loss!.toHost())[0]).toBeCloseTo((await train(1)).losses[0]!, 6)
    second.close()
    const other = await open(2, folder.path)
    expect((await compile(other)).fromCache).toBe(false)
    other.close()
    folder.remove()
  })

  it('free everything that was left on any device', async () => {
    const backend = await open(3)
    const executable = await compile(backend)
    await executable.run([...upload(backend), backend.upload(batch(0), 'split')])
    expect(backend.ledger().buffers).toBeGreaterThanOrEqual(3)
    backend.close()
    expect(Library.load(path).ledger).toEqual({
      clients: 0,
      executables: 0,
      buffers: 0,
      events: 0,
      errors: 0,
    })
  })
})
