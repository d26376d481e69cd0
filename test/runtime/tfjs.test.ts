import { afterEach, describe, expect, it } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import type { Program } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { Device } from '../../src/lower/tfjs/device.ts'
import { copyStrided, rowMajor } from '../../src/lower/tfjs/strided.ts'
import type { DeviceArray } from '../../src/runtime/backend.ts'
import { hostArray, toNumbers } from '../../src/runtime/host-array.ts'
import { createTfjsBackend, type TfjsBackend } from '../../src/runtime/tfjs/backend.ts'
import { loadTfjs, shimUtil } from '../../src/runtime/tfjs/load.ts'

let backend: TfjsBackend | undefined
afterEach(() => {
  backend?.close()
  backend = undefined
})

const openWasm = async (): Promise<TfjsBackend> => {
  backend = await createTfjsBackend({ kind: 'wasm' })
  return backend
}

const SIZE = 1000

/** x after many steps; y is read at the first of them only. */
function chain(steps: number): Program {
  const b = new Builder()
  const [x, y] = [b.input('x', tensor('f32', [SIZE])), b.input('y', tensor('f32', [SIZE]))]
  let z = b.add(x, y)
  for (let i = 0; i < steps; i++) z = i % 2 ? b.tanh(z) : b.add(b.exp(z), z)
  b.output('z', z)
  return b.finish('chain')
}

const ones = (tf: TfjsBackend): DeviceArray =>
  tf.upload(hostArray(tensor('f32', [SIZE]), new Float32Array(SIZE).fill(0.5)))

describe('memory', () => {
  it('holds no more at a time for a long chain than for a short one', async () => {
    const tf = await openWasm()
    const engine = tf.loaded.tf.engine()
    const runKernel = engine.runKernel.bind(engine)
    const peakOf = async (steps: number): Promise<number> => {
      let peak = 0
      engine.runKernel = (...args: Parameters<typeof runKernel>) => {
        const made = runKernel(...args)
        peak = Math.max(peak, tf.tensors())
        return made as never
      }
      const executable = await tf.compile(chain(steps))
      const args = [ones(tf), ones(tf)]
      const results = await executable.run(args)
      for (const a of [...args, ...results]) a.free()
      return peak
    }
    try {
      const short = await peakOf(4)
      expect(await peakOf(400)).toBe(short)
      expect(short).toBeLessThan(7)
    } finally {
      engine.runKernel = runKernel
    }
    expect(tf.tensors()).toBe(0)
  })

  it('a state that goes round by donation stays as large as it is', async () => {
    const tf = await openWasm()
    const executable = await tf.compile(chain(3), { donate: [0] })
    const y = ones(tf)
    let state = ones(tf)
    const counts: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = state
      state = (await executable.run([before, y]))[0]!
      await expect(before.toHost()).rejects.toThrow('this array was freed or donated')
      counts.push(tf.tensors())
    }
    expect(new Set(counts).size).toBe(1)
    for (const a of [state, y]) a.free()
    expect(tf.tensors()).toBe(0)
  })

  it('a call that fails frees what it made, and names the node, the primitive and the types', async () => {
    const tf = await openWasm()
    const b = new Builder()
    const x = b.input('x', tensor('f32', [SIZE]))
    b.at('vision', () => b.output('y', b.exp(b.tanh(x))))
    const executable = await tf.compile(b.finish('p'))
    const engine = tf.loaded.tf.engine()
    const runKernel = engine.runKernel.bind(engine)
    engine.runKernel = (...args: Parameters<typeof runKernel>) => {
      if (args[0] === 'Exp') throw new Error('out of memory')
      return runKernel(...args) as never
    }
    const arg = ones(tf)
    try {
      await expect(executable.run([arg])).rejects.toThrow(
        'exp (f32[1000] → f32[1000]) of node "vision" failed on TensorFlow.js: out of memory',
      )
    } finally {
      engine.runKernel = runKernel
    }
    arg.free()
    expect(tf.tensors()).toBe(0)
  })
})

describe('the backend', () => {
  it('keeps the event loop turning while it computes', async () => {
    const tf = await openWasm()
    const b = new Builder()
    let z = b.input('x', tensor('f32', [300_000]))
    for (let i = 0; i < 100; i++) z = b.sin(z)
    b.output('z', z)
    const executable = await tf.compile(b.finish('slow'))
    const arg = tf.upload(hostArray(tensor('f32', [300_000]), new Float32Array(300_000)))
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const [result] = await executable.run([arg])
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
    for (const a of [arg, result!]) a.free()
  })

  it('is one at a time in a process', async () => {
    await openWasm()
    await expect(createTfjsBackend({ kind: 'cpu' })).rejects.toThrow('TensorFlow.js is in use on wasm')
  })

  it('has a fingerprint that names the version and what computes', async () => {
    const tf = await openWasm()
    expect(tf.fingerprint).toMatch(/^tfjs-4\.22\.0-wasm-simd-/)
  })

  it('refuses arguments of other types by name', async () => {
    const tf = await openWasm()
    const executable = await tf.compile(chain(1))
    const wrong = tf.upload(hostArray(tensor('s32', [2]), [1, 2]))
    await expect(executable.run([wrong, wrong])).rejects.toThrow(
      'argument 0 "x" of chain must be f32[1000], got s32[2]',
    )
    wrong.free()
  })
})

describe('what computes', () => {
  it('is what the environment says', async () => {
    const { kind } = await loadTfjs({ env: { DIPTYCH_TFJS: 'cpu' } })
    expect(kind).toBe('cpu')
    await expect(loadTfjs({ env: { DIPTYCH_TFJS: 'webgl' } })).rejects.toThrow(
      'DIPTYCH_TFJS is "webgl"; it can be node-gpu, node, wasm, cpu, or unset for the best there is.',
    )
  })

  it('says how to get a binding that is asked for and missing', async () => {
    await expect(loadTfjs({ kind: 'node-gpu', env: {} })).rejects.toThrow(
      '@tensorflow/tfjs-node-gpu is neither in the cache nor among the project\'s packages. Run "npm run setup:tfjs-node".',
    )
  })
})

it('a binding finds the functions that newer versions of Node have dropped, and the others as they are', () => {
  const isArray = () => true
  const util: Record<string, unknown> = { isArray }
  shimUtil(util)
  const test = util.isNullOrUndefined as (x: unknown) => boolean
  expect([null, undefined, 0, ''].map(test)).toEqual([true, true, false, false])
  expect(util.isArray).toBe(isArray)
})

describe('moving elements', () => {
  it('transposes five axes and more, one axis at a time', async () => {
    const tf = await openWasm()
    const shape = [2, 3, 1, 4, 2, 3]
    const data = Float32Array.from({ length: 144 }, (_, i) => i)
    const device = new Device(tf.loaded.tf)
    for (const permutation of [
      [5, 4, 3, 2, 1, 0],
      [2, 0, 3, 1, 5, 4],
      [0, 1, 2, 3, 4, 5],
    ]) {
      const x = device.upload('f32', shape, data)
      const y = device.transpose(x, shape, permutation)
      const steps = rowMajor(shape).strides
      const want = new Float32Array(144)
      const moved = permutation.map(p => shape[p]!)
      const from = { offset: 0, strides: permutation.map(p => steps[p]!) }
      copyStrided(data, from, want, rowMajor(moved), moved)
      expect([...device.download(y)]).toEqual([...want])
      expect(y.shape).toEqual(moved)
      for (const t of [x, y]) t.dispose()
    }
    expect(tf.tensors()).toBe(0)
  })

  it('keeps bf16 in bf16, and u32 to its last bit, through a call', async () => {
    const tf = await openWasm()
    const b = new Builder()
    const [x, n] = [b.input('x', tensor('bf16', [2])), b.input('n', tensor('u32', [2]))]
    b.output('y', b.mul(x, x))
    b.output('m', b.transpose(b.broadcast(n, [3, 2], [1]), [1, 0]))
    const executable = await tf.compile(b.finish('p'))
    const args = [hostArray(x.type, [1.0078125, 3]), hostArray(n.type, [4294967295, 16777217])].map(a =>
      tf.upload(a),
    )
    const results = await executable.run(args)
    const [y, m] = await Promise.all(results.map(async r => toNumbers(await r.toHost())))
    // 1.0078125² is 1.01568603515625; bf16's neighbours are 1.015625 and 1.0234375.
    expect([...y!]).toEqual([1.015625, 9])
    expect([...m!]).toEqual([4294967295, 4294967295, 4294967295, 16777217, 16777217, 16777217])
    for (const a of [...args, ...results]) a.free()
  })
})
