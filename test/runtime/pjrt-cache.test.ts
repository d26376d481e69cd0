import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Program } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { createXlaBackend, type XlaBackend } from '../../src/runtime/pjrt/backend.ts'
import { Client } from '../../src/runtime/pjrt/client.ts'
import { ExecutableCache, executableKey } from '../../src/runtime/pjrt/executable-cache.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { findPlugin } from '../../src/runtime/pjrt/plugin.ts'
import { pluginHash } from '../../src/runtime/pjrt/plugin-hash.ts'
import { f32, floats, inputs, moduleText, named, plugin, scratch } from './pjrt-kit.ts'

const v4 = tensor('f32', [4])
const text = moduleText(
  [{ type: v4, alias: 0 }, v4],
  [['%0', v4]],
  '%0 = stablehlo.subtract %x0, %x1 : tensor<4xf32>',
)
const signature = { inputs: inputs(v4, v4), donate: [0] }

describe('the search for the plugin', () => {
  it('says what to do where there is none', () => {
    const folder = scratch()
    const file = join(folder.path, 'plugins', 'xla-cpu-0.0.1', 'xla_cpu_pjrt.so')
    expect(() => findPlugin(folder.path, {})).toThrow(
      `The XLA plugin is not at ${file}. Run "npm start" (or "node scripts/setup.mjs") to fetch it.`,
    )
    expect(() => findPlugin(undefined, {})).toThrow('No XLA plugin was named')
    const named = join(folder.path, 'mine.so')
    expect(() => findPlugin(folder.path, { DIPTYCH_PJRT_PLUGIN: named })).toThrow(
      `DIPTYCH_PJRT_PLUGIN names ${named}, where there is no file`,
    )
    writeFileSync(named, 'not a library')
    expect(findPlugin(folder.path, { DIPTYCH_PJRT_PLUGIN: named })).toBe(named)
    expect(() => Library.load(named)).toThrow(named)
    folder.remove()
  })

  it('tells plugins apart by their contents', async () => {
    const folder = scratch()
    const file = join(folder.path, 'a.so')
    writeFileSync(file, 'one')
    const one = await pluginHash(file, folder.path)
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(await pluginHash(file, folder.path)).toBe(one)
    expect(await pluginHash(file, undefined)).toBe(one)
    writeFileSync(file, 'another')
    expect(await pluginHash(file, folder.path)).not.toBe(one)
    folder.remove()
  })
})

describe('the files of compiled programs', () => {
  const key = executableKey('text', 'plugin', new Uint8Array([1]))
  const bytes = new Uint8Array([1, 2, 3])

  it('are found by all that the code depends on', () => {
    expect(executableKey('text', 'plugin', new Uint8Array([1]))).toBe(key)
    const others = [
      executableKey('text2', 'plugin', new Uint8Array([1])),
      executableKey('text', 'plugin2', new Uint8Array([1])),
      executableKey('text', 'plugin', new Uint8Array([2])),
      executableKey('textp', 'lugin', new Uint8Array([1])),
    ]
    expect(new Set([key, ...others]).size).toBe(5)
  })

  it('come back whole, and leave nothing else behind', async () => {
    const folder = scratch()
    const cache = new ExecutableCache(join(folder.path, 'xla'), 'plugin')
    expect(await cache.read(key)).toBeUndefined()
    await cache.write(key, bytes)
    expect([...(await cache.read(key))!]).toEqual([1, 2, 3])
    expect(readdirSync(join(folder.path, 'xla'))).toEqual([`${key}.bin`])
    folder.remove()
  })

  it("are ignored when a byte is wrong, when they are cut, or another's", async () => {
    const folder = scratch()
    const warnings: string[] = []
    const cache = new ExecutableCache(folder.path, 'plugin', line => warnings.push(line))
    await cache.write(key, bytes)
    const good = readFileSync(cache.path(key))
    const damaged = [
      ...Array.from({ length: good.length }, (_, i) => {
        const copy = Buffer.from(good)
        copy[i]! ^= 1
        return copy
      }),
      good.subarray(0, good.length - 1),
      good.subarray(0, 10),
      Buffer.alloc(0),
      Buffer.concat([good, Buffer.from([0])]),
    ]
    for (const content of damaged) {
      writeFileSync(cache.path(key), content)
      expect(await cache.read(key)).toBeUndefined()
    }
    expect(warnings).toHaveLength(damaged.length)
    expect(warnings[0]).toBe(`the compiled program in ${cache.path(key)} is damaged: it is compiled again`)
    const foreign = executableKey('other', 'plugin', new Uint8Array([1]))
    writeFileSync(cache.path(foreign), good)
    expect(await cache.read(foreign)).toBeUndefined()
    folder.remove()
  })

  it("cost a warning, not the run, where the folder can't be written", async () => {
    const folder = scratch()
    const file = join(folder.path, 'file')
    writeFileSync(file, '')
    const warnings: string[] = []
    const cache = new ExecutableCache(join(file, 'xla'), 'plugin', line => warnings.push(line))
    await cache.write(key, bytes)
    expect(warnings[0]).toMatch(/^the compiled program could not be kept in /)
    expect(await cache.read(key)).toBeUndefined()
    folder.remove()
  })
})

const { path, missing } = plugin()
describe.skipIf(missing !== '')(named('the cache of compiled programs', missing), () => {
  let folder: ReturnType<typeof scratch>
  let client: Client
  beforeEach(() => {
    folder = scratch()
    client = new Client(Library.load(path))
  })
  afterEach(() => {
    client.close()
    folder.remove()
  })
  afterAll(() => {
    const none = { clients: 0, executables: 0, buffers: 0, events: 0, errors: 0 }
    expect(Library.load(path).ledger).toEqual(none)
  })

  it('gives the same program without compiling it, donation and memory figures included', async () => {
    const cache = new ExecutableCache(folder.path, 'plugin')
    const first = await client.compile(text, signature, cache)
    const second = await client.compile(text, signature, cache)
    expect([first.fromCache, second.fromCache]).toEqual([false, true])
    expect(second.outputs).toEqual(first.outputs)
    expect(second.memory).toEqual(first.memory)
    expect(second.memory.aliasedBytes).toBe(16)
    const x = client.upload(f32([4], [1, 2, 3, 4]))
    const [y] = await second.run([x, client.upload(f32([4], [1, 1, 1, 1]))])
    expect(floats(await y!.toHost())).toEqual([0, 1, 2, 3])
    await expect(x.toHost()).rejects.toThrow('was donated')
  })

  it('compiles anew, and mends the file, where the file or its contents are no good', async () => {
    const cache = new ExecutableCache(folder.path, 'plugin')
    await client.compile(text, signature, cache)
    const [name] = readdirSync(folder.path)
    const file = join(folder.path, name!)
    const good = readFileSync(file)
    const bad = Buffer.from(good)
    bad[good.length - 1]! ^= 1
    writeFileSync(file, bad)
    expect((await client.compile(text, signature, cache)).fromCache).toBe(false)
    expect((await client.compile(text, signature, cache)).fromCache).toBe(true)
    // A sound file of bytes that XLA does not take.
    await cache.write(name!.replace('.bin', ''), new Uint8Array([1, 2, 3]))
    expect((await client.compile(text, signature, cache)).fromCache).toBe(false)
    expect((await client.compile(text, signature, cache)).fromCache).toBe(true)
  })
})

describe.skipIf(missing !== '')(named('the XLA backend', missing), () => {
  const a = { id: 0, type: v4 }
  const b = { id: 1, type: v4 }
  const out = { id: 2, type: v4 }
  const program: Program = {
    name: 'sub',
    inputs: [
      { name: 'a', value: a },
      { name: 'b', value: b },
    ],
    equations: [],
    outputs: [{ name: 'difference', value: out }],
  }
  let folder: ReturnType<typeof scratch>
  let backend: XlaBackend
  beforeEach(async () => {
    folder = scratch()
    backend = await createXlaBackend({ plugin: path, cacheDir: folder.path, lower: () => text })
  })
  afterEach(() => {
    backend.close()
    folder.remove()
  })

  it('compiles a program by its lowering and runs it', async () => {
    expect(backend.name).toBe('xla')
    expect(backend.fingerprint).toMatch(/^xla-cpu-api0\.\d+-[0-9a-f]{16}-1d/)
    const executable = await backend.compile(program, { donate: [0] })
    const x = backend.upload(f32([4], [5, 6, 7, 8]))
    const y = backend.upload(f32([4], [1, 1, 1, 1]))
    const [z] = await executable.run([x, y])
    expect(floats(await z!.toHost())).toEqual([4, 5, 6, 7])
    expect((await backend.compile(program, { donate: [0] })).fromCache).toBe(true)
    await expect(executable.run([y, x])).rejects.toThrow('argument 1 ("b"): this array of f32[4] was donated')
    expect(backend.ledger()).toEqual({ clients: 1, executables: 2, buffers: 2, events: 0, errors: 0 })
  })

  it('has another fingerprint for another number of devices', async () => {
    const two = await createXlaBackend({ plugin: path, deviceCount: 2, lower: () => text })
    expect(two.fingerprint).not.toBe(backend.fingerprint)
    expect(two.client.devices).toHaveLength(2)
    const [z] = await (await two.compile(program)).run([
      two.upload(f32([4], [5, 6, 7, 8])),
      two.upload(f32([4], [1, 1, 1, 1])),
    ])
    expect(floats(await z!.toHost())).toEqual([4, 5, 6, 7])
    two.close()
  })

  it('notices a lowering whose results have other types', async () => {
    const wrong: Program = {
      ...program,
      outputs: [{ name: 'difference', value: { id: 2, type: tensor('f32', [2, 2]) } }],
    }
    await expect(backend.compile(wrong)).rejects.toThrow(
      '"sub" was lowered wrongly: it gives (f32[2,2]), its executable (f32[4])',
    )
  })
})
