import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { fakeMachine } from './fake-pip.ts'
import { loadScript, putFiles } from './kit.ts'
import { makeZip, sha256 } from './wheel-kit.ts'

interface Wheel {
  readonly requirement: string
  readonly file: string
  readonly sha256: string
  readonly bytes: number
  readonly unpackedBytes: number
}
interface GpuModule {
  choosePin(
    machine: { nvidia?: { driver: string; major: number }; cuda?: number },
    pins?: readonly object[],
  ): { cuda: number; folder: string }
  ensureGpu(options: object): Promise<{ folder?: string; problem?: string }>
}
const { choosePin, ensureGpu } = await loadScript<GpuModule>('setup/gpu.mjs')
const { CUDA_WHEELS, CUDA_MEMBERS } = await loadScript<{
  CUDA_WHEELS: Record<string, readonly Wheel[]>
  CUDA_MEMBERS: RegExp
}>('setup/pins.mjs')

const PLUGIN = makeZip({ 'jax_plugins/xla_cuda13/xla_cuda_plugin.so': 'plugin', 'jax_plugins/a.py': 'no' })
const CUBLAS = makeZip({
  'nvidia/cu13/lib/libcublas.so.13': 'cublas',
  'nvidia/cu13/include/cublas.h': 'no',
  'nvidia_cublas-1.dist-info/licenses/License.txt': 'licence',
})
const wheel = (name: string, contents: Uint8Array): Wheel & { platform: string } => ({
  requirement: `${name}==1`,
  file: `${name}-1-py3-none-p_x64.whl`,
  platform: 'p_x64',
  sha256: sha256(contents),
  bytes: contents.length,
  unpackedBytes: 1000,
})
const WHEELS = [wheel('plugin', PLUGIN), wheel('cublas', CUBLAS)]
const PINS = [13, 12].map(cuda => ({
  cuda,
  driver: cuda === 13 ? 580 : 525,
  title: `the plugin for CUDA ${cuda}`,
  folder: `xla-cuda${cuda}-1`,
  glibc: [2, 27],
  wheels: { 'linux-x64': WHEELS },
}))

function machine(nvidiaSmi?: string) {
  const made = fakeMachine(
    { [WHEELS[0]!.file]: PLUGIN, [WHEELS[1]!.file]: CUBLAS },
    nvidiaSmi === undefined ? {} : { 'nvidia-smi': nvidiaSmi },
  )
  const lines: string[] = []
  const cache = join(made.folder, 'cache')
  const system = { platform: 'linux', arch: 'x64', glibc: '2.36' }
  const ensure = (given: object = {}) =>
    ensureGpu({
      pins: PINS,
      cache,
      env: made.env,
      yes: true,
      log: (line: string) => lines.push(line),
      ...system,
      ...given,
    })
  return { ...made, lines, cache, plugins: join(cache, 'plugins'), ensure }
}
const H200 = "console.log('580.65.06, NVIDIA H200\\n580.65.06, NVIDIA H200')"

describe('setup:gpu', () => {
  beforeEach(ctx => {
    if (process.platform === 'win32') ctx.skip('the stand-ins for programs are #! scripts')
  })

  test('takes the CUDA that the driver can run, and says what to do where there is none', () => {
    const nvidia = (driver: string) => ({ driver, major: Number.parseInt(driver, 10) })
    expect(choosePin({ nvidia: nvidia('580.65.06') }).folder).toBe('xla-cuda13-0.10.2')
    expect(choosePin({ nvidia: nvidia('550.54') }).folder).toBe('xla-cuda12-0.10.2')
    expect(choosePin({ cuda: 12 }).cuda).toBe(12)
    expect(() => choosePin({ cuda: 11 })).toThrowErrorMatchingInlineSnapshot(`[Error: --cuda takes 13 or 12]`)
    expect(() => choosePin({ nvidia: nvidia('470.1') })).toThrowErrorMatchingInlineSnapshot(
      `[Error: the driver 470.1 is too old: CUDA 12 needs 525 or newer, CUDA 13 needs 580. Update the driver and start again]`,
    )
  })

  test('fetches all parts, unpacks them as site-packages, says the sizes first, and asks pip only once', async () => {
    const at = machine(H200)
    const folder = join(at.plugins, 'xla-cuda13-1')
    expect(await at.ensure()).toEqual({ folder })
    expect(at.lines[0]).toBe('NVIDIA driver 580.65.06, NVIDIA H200, NVIDIA H200: CUDA 13')
    expect(at.lines[1]).toMatch(
      /^the plugin for CUDA 13 and what it needs of CUDA: 2 packages, .* are fetched, and .* will take 0\.0 MB\. NVIDIA's libraries come under its own licence, which is put beside them$/,
    )
    expect(readFileSync(join(folder, 'jax_plugins/xla_cuda13/xla_cuda_plugin.so'), 'utf8')).toBe('plugin')
    expect(readFileSync(join(folder, 'nvidia/cu13/lib/libcublas.so.13'), 'utf8')).toBe('cublas')
    expect(existsSync(join(folder, 'nvidia_cublas-1.dist-info/licenses/License.txt'))).toBe(true)
    expect(existsSync(join(folder, 'nvidia/cu13/include'))).toBe(false)
    expect(readdirSync(at.plugins)).toEqual(['xla-cuda13-1'])
    expect(await at.ensure()).toEqual({ folder })
    expect(readFileSync(at.calls, 'utf8')).toBe('plugin==1\ncublas==1\n')
  })

  test('goes on from the parts that an interrupted start has left, and removes its half-made folder', async () => {
    const at = machine(H200)
    putFiles(at.plugins, { [WHEELS[0]!.file]: PLUGIN, 'tmp-xla-cuda13-1-abc/plugin/x': 'half' })
    await at.ensure()
    expect(readFileSync(at.calls, 'utf8')).toBe('cublas==1\n')
    expect(readdirSync(at.plugins)).toEqual(['xla-cuda13-1'])
  })

  test('without a driver it fetches nothing and says what to do', async () => {
    const at = machine()
    const { problem } = await at.ensure()
    expect(problem).toMatch(/no NVIDIA driver was found here.*Install the driver first.*--cuda 13/)
    expect(problem).toContain('Without it the CPU is used.')
    expect(existsSync(at.plugins)).toBe(false)
    expect((await machine("console.log('No devices were found')").ensure()).problem).toBe(problem)
    expect(await at.ensure({ cuda: 12 })).toEqual({ folder: join(at.plugins, 'xla-cuda12-1') })
  })

  test('a system without wheels is told so; a no is a no', async () => {
    expect((await machine(H200).ensure({ arch: 'arm64' })).problem).toContain(
      'there is none for linux on arm64 (it exists for Linux on x64)',
    )
    const at = machine(H200)
    expect(await at.ensure({ ask: async () => false })).toEqual({})
    expect(existsSync(at.plugins)).toBe(false)
  })

  test('a part with another hash is refused', async () => {
    const at = machine(H200)
    putFiles(at.plugins, { [WHEELS[1]!.file]: 'something else' })
    expect((await at.ensure()).problem).toContain(`not ${sha256(CUBLAS)}; remove it`)
    expect(existsSync(join(at.plugins, 'xla-cuda13-1'))).toBe(false)
  })
})

test('the wheels are pinned by hash, with their sizes', () => {
  for (const wheels of Object.values(CUDA_WHEELS)) {
    for (const w of wheels) {
      expect(w.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(w.bytes).toBeGreaterThan(500_000)
      expect(w.unpackedBytes).toBeGreaterThan(500_000)
      expect(w.file).toContain(w.requirement.split('==')[1])
    }
  }
  expect(Object.keys(CUDA_WHEELS)).toEqual(['xla-cuda13', 'xla-cuda12', 'tensorflow-cuda'])
})

test('libraries, the assembler and the device library are taken, headers and archives are not', () => {
  const taken = [
    'jax_plugins/xla_cuda13/xla_cuda_plugin.so',
    'nvidia/cudnn/lib/libcudnn.so.9',
    'nvidia/cu13/bin/ptxas',
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
    'nvidia_nvvm-13.5.37.dist-info/METADATA',
    'nvidia_cublas_cu12-1.dist-info/License.txt',
  ]
  const left = ['nvidia/cu13/include/cuda.h', 'nvidia/cu13/lib/libcudart_static.a', 'nvidia/cu13/bin/nvcc']
  expect(taken.filter(name => !CUDA_MEMBERS.test(name))).toEqual([])
  expect(left.filter(name => CUDA_MEMBERS.test(name))).toEqual([])
})

test('a program keeps its right to be executed', async ctx => {
  if (process.platform === 'win32') ctx.skip('Windows has no such right')
  const { unpackWheel } = await loadScript<{
    unpackWheel(archive: string, folder: string, members: (name: string) => boolean): Promise<object>
  }>('setup/wheel.mjs')
  const zip = makeZip({ 'bin/ptxas': 'x', 'lib/a.so': 'y', '../evil': 'z' })
  // The permissions' place in the first central record: 38 bytes after its signature, in the upper half.
  zip.writeUInt32LE((0o100755 << 16) >>> 0, zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 38)
  const at = fakeMachine({ 'a.whl': zip })
  const archive = join(at.folder, 'wheels', 'a.whl')
  const folder = join(at.folder, 'out')
  await unpackWheel(archive, folder, name => !name.startsWith('..'))
  expect(statSync(join(folder, 'bin/ptxas')).mode & 0o100).toBe(0o100)
  expect(statSync(join(folder, 'lib/a.so')).mode & 0o111).toBe(0)
  await expect(unpackWheel(archive, folder, () => true)).rejects.toThrow('leaves its folder')
})
