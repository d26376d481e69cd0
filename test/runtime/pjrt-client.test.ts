import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from '../../src/runtime/pjrt/client.ts'
import { API_VERSION } from '../../src/runtime/pjrt/layouts.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { addressOf } from '../../src/runtime/pjrt/native.ts'
import { add, clientOfSuite, f32, inputs, named, plugin, v4 } from './pjrt-kit.ts'

const { path, missing } = plugin()

describe.skipIf(missing !== '')(named('the PJRT client', missing), () => {
  const { client } = clientOfSuite(path)

  it('drives the API version that its layouts were generated from', () => {
    expect(Library.load(path).version).toEqual(API_VERSION)
    expect(Library.load(path)).toBe(Library.load(path))
  })

  it('has layouts that match the header beside the plugin', ctx => {
    const header = join(dirname(path), 'include', 'pjrt_c_api.h')
    if (!existsSync(header)) return ctx.skip(`no ${header}`)
    const script = 'scripts/generate-pjrt-layouts.mjs'
    const { stdout, status } = spawnSync(process.execPath, [script, header, '--check'], { encoding: 'utf8' })
    expect({ stdout, status }).toEqual({
      stdout: 'layouts.ts matches the header\nenums.ts matches the header\n',
      status: 0,
    })
  })

  it('names its platform and devices', () => {
    expect(client().platformName).toBe('cpu')
    expect(client().devices).toMatchObject([{ name: 'CpuDevice(id=0)', kind: 'cpu' }])
    const several = new Client(Library.load(path), { deviceCount: 3 })
    expect(several.devices).toHaveLength(3)
    several.close()
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

  it.each([1, 4])(
    'ends a process without a crash when nothing was closed, of %i devices',
    async deviceCount => {
      const { build } = await import('esbuild')
      const text = JSON.stringify(add)
      const result = await build({
        stdin: {
          contents: `import { Library } from './src/runtime/pjrt/library.ts'
import { Client } from './src/runtime/pjrt/client.ts'
const client = new Client(Library.load(${JSON.stringify(path)}), { deviceCount: ${deviceCount} })
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
    },
  )
})

it('refuses fewer devices than were asked for, and leaves no client behind', () => {
  const called: string[] = []
  const devices = BigUint64Array.of(1n)
  const text = new TextEncoder().encode('CudaDevice(id=0)')
  const ledger = { clients: 0, executables: 0, buffers: 0, events: 0, errors: 0 }
  // A machine with one card, as far as opening a client goes.
  const answers: Record<string, number | bigint> = {
    client: 7n,
    addressable_devices: addressOf(devices),
    num_addressable_devices: 1,
    to_string: addressOf(text),
    to_string_size: text.length,
    device_kind: addressOf(text),
    device_kind_size: 4,
  }
  const call = (name: string) => {
    called.push(name)
    return {
      address: (field: string) => answers[field] ?? 0n,
      number: (field: string) => answers[field] ?? 0,
    }
  }
  const library = { call, ledger } as unknown as Library
  expect(() => new Client(library, { platform: 'cuda', deviceCount: 4 })).toThrow(
    '4 devices were asked for, but the plugin has 1 (cuda): ask for at most 1.',
  )
  expect(called.at(-1)).toBe('PJRT_Client_Destroy')
  expect(ledger.clients).toBe(0)
})

it('writes its layouts by generator only', () => {
  for (const name of ['layouts.ts', 'enums.ts'])
    expect(readFileSync(`src/runtime/pjrt/${name}`, 'utf8')).toMatch(/^\/\/ Generated by scripts\//)
})
