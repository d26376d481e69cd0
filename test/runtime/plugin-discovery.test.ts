import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createXlaBackend } from '../../src/runtime/pjrt/backend.ts'
import { type Candidate, choosePlugins, pluginCandidates } from '../../src/runtime/pjrt/plugin.ts'
import { siteFolders } from '../../src/runtime/pjrt/python-plugins.ts'
import { named, plugin, scratch } from './pjrt-kit.ts'

const CPU = ['plugins', 'xla-cpu-0.0.1', 'xla_cpu_pjrt.so']
const CUDA = ['jax_plugins', 'xla_cuda13', 'xla_cuda_plugin.so']

let folder: ReturnType<typeof scratch>
beforeEach(() => {
  folder = scratch()
})
afterEach(() => folder.remove())

const at = (...parts: string[]) => join(folder.path, ...parts)
function put(...parts: string[]): string {
  const path = at(...parts)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'no library')
  return path
}
const search = (env: NodeJS.ProcessEnv, devices: readonly string[] = []): Candidate[] =>
  pluginCandidates(at('cache'), { env, exists: path => devices.includes(path) })

/** Places below the test's folder, so that they read the same each time. */
const told = (candidates: readonly Candidate[]) =>
  candidates.map(c => ({
    ...c,
    path: c.path.replace(folder.path, ''),
    what: c.what.replace(folder.path, ''),
  }))

describe('the candidates for a plugin', () => {
  it('are those of the cache folder, then those of the active Python', () => {
    put('cache', ...CPU)
    put('cache', 'plugins', 'xla-cuda12-0.10.2', 'jax_plugins', 'xla_cuda12', 'xla_cuda_plugin.so')
    put('cache', 'plugins', 'xla-cuda13-0.10.2', ...CUDA)
    put('venv', 'lib', 'python3.12', 'site-packages', ...CUDA)
    put('venv', 'lib', 'python3.12', 'site-packages', 'jax_cuda13_pjrt-0.10.2.dist-info', 'METADATA')
    put('venv', 'lib', 'python3.12', 'site-packages', 'jax_plugins', 'xla_cuda13', 'helper.so')
    expect(told(search({ VIRTUAL_ENV: at('venv') }, ['/dev/nvidiactl']))).toMatchInlineSnapshot(`
      [
        {
          "path": "/cache/plugins/xla-cuda13-0.10.2/jax_plugins/xla_cuda13/xla_cuda_plugin.so",
          "platform": "cuda",
          "what": "jax-cuda13-pjrt in the cache folder",
        },
        {
          "path": "/cache/plugins/xla-cuda12-0.10.2/jax_plugins/xla_cuda12/xla_cuda_plugin.so",
          "platform": "cuda",
          "what": "jax-cuda12-pjrt in the cache folder",
        },
        {
          "path": "/cache/plugins/xla-cpu-0.0.1/xla_cpu_pjrt.so",
          "platform": "cpu",
          "what": "the CPU plugin in the cache folder",
        },
        {
          "path": "/venv/lib/python3.12/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so",
          "platform": "cuda",
          "what": "jax-cuda13-pjrt 0.10.2 in /venv/lib/python3.12/site-packages",
        },
      ]
    `)
  })

  it('are only the one that DIPTYCH_PJRT_PLUGIN names, where it does', () => {
    put('cache', ...CPU)
    const mine = put('mine', 'pjrt_c_api_cuda_plugin.so')
    expect(search({ DIPTYCH_PJRT_PLUGIN: mine }, ['/dev/dxg'])).toEqual([
      { path: mine, platform: 'cuda', what: 'named by DIPTYCH_PJRT_PLUGIN' },
    ])
    expect(() => search({ DIPTYCH_PJRT_PLUGIN: at('none.so') })).toThrow(
      `DIPTYCH_PJRT_PLUGIN names ${at('none.so')}, where there is no file. Correct it or unset it.`,
    )
  })

  it('for CUDA are refused where no driver is loaded', () => {
    put('venv', 'lib', 'python3.12', 'site-packages', ...CUDA)
    const [only, ...others] = search({ VIRTUAL_ENV: at('venv') })
    expect(others).toEqual([])
    expect(only).toMatchObject({
      platform: 'cuda',
      refused: 'no driver for an NVIDIA device is loaded on this machine',
    })
  })
})

describe("the active Python's packages", () => {
  const site = (...prefix: string[]) => at(...prefix, 'lib', 'python3.11', 'site-packages')

  it('are of the virtual environment and of conda, before any python3', () => {
    for (const prefix of ['venv', 'conda', 'usr']) put(prefix, 'lib', 'python3.11', 'site-packages', 'x.py')
    put('usr', 'bin', 'python3')
    const PATH = at('usr', 'bin')
    expect(siteFolders({ VIRTUAL_ENV: at('venv'), CONDA_PREFIX: at('conda'), PATH })).toEqual([
      site('venv'),
      site('conda'),
    ])
    expect(siteFolders({ PATH })).toEqual([site('usr')])
  })

  it('are found around the first python3 on the path: a linked one, where it lies, and the own of the user', () => {
    put('base', 'lib', 'python3.11', 'site-packages', 'x.py')
    put('base', 'lib', 'python3', 'dist-packages', 'x.py')
    put('base', 'local', 'lib', 'python3.11', 'dist-packages', 'x.py')
    put('linked', 'lib', 'python3.11', 'site-packages', 'x.py')
    put('home', '.local', 'lib', 'python3.11', 'site-packages', 'x.py')
    const python = put('base', 'bin', 'python3')
    mkdirSync(at('linked', 'bin'))
    symlinkSync(python, at('linked', 'bin', 'python3'))
    const PATH = [at('nothing'), at('linked', 'bin'), at('base', 'bin')].join(':')
    expect(siteFolders({ PATH, HOME: at('home') })).toEqual([
      site('linked'),
      at('base', 'lib', 'python3', 'dist-packages'),
      site('base'),
      at('base', 'local', 'lib', 'python3.11', 'dist-packages'),
      site('home', '.local'),
    ])
    expect(siteFolders({})).toEqual([])
  })
})

describe('the choice of a plugin', () => {
  const cpu: Candidate = { path: '/c/cpu.so', platform: 'cpu', what: 'the CPU plugin in the cache folder' }
  const cuda: Candidate = { path: '/p/cuda.so', platform: 'cuda', what: 'jax-cuda13-pjrt 0.10.2 in /p' }
  const refused: Candidate = { ...cuda, refused: 'no driver for an NVIDIA device is loaded on this machine' }

  it('takes CUDA before the CPU, and only what was asked for', () => {
    expect(choosePlugins([cpu, cuda], undefined, '/c')).toEqual([cuda, cpu])
    expect(choosePlugins([cpu, cuda], 'cpu', '/c')).toEqual([cpu])
    expect(choosePlugins([cpu, refused], undefined, '/c')).toEqual([cpu])
  })

  it('says what was found, and why it will not do', () => {
    expect(() => choosePlugins([cpu, refused], 'cuda', '/c')).toThrowErrorMatchingInlineSnapshot(`
      [PluginError: There is no usable XLA plugin for CUDA. Run "npm run setup:gpu" to fetch one.
        /c/cpu.so (the CPU plugin in the cache folder): it is for cpu
        /p/cuda.so (jax-cuda13-pjrt 0.10.2 in /p): no driver for an NVIDIA device is loaded on this machine]
    `)
    expect(() => choosePlugins([cuda], 'cpu', '/c')).toThrow(
      'There is no usable XLA plugin for the CPU. Run "npm start" (or "node scripts/setup.mjs") to fetch it.\n' +
        '  /p/cuda.so (jax-cuda13-pjrt 0.10.2 in /p): it is for cuda',
    )
    expect(() => choosePlugins([refused], undefined, '/c')).toThrowErrorMatchingInlineSnapshot(`
      [PluginError: There is no usable XLA plugin. Run "npm start" (or "node scripts/setup.mjs") to fetch it.
        /p/cuda.so (jax-cuda13-pjrt 0.10.2 in /p): no driver for an NVIDIA device is loaded on this machine]
    `)
  })
})

const { path, missing } = plugin()

describe.skipIf(missing !== '')(named('opening the chosen plugin', missing), () => {
  it('goes on to the CPU where CUDA does not load, and says so', async () => {
    const cache = at('cache')
    mkdirSync(dirname(join(cache, ...CPU)), { recursive: true })
    symlinkSync(path, join(cache, ...CPU))
    put('cache', 'plugins', 'xla-cuda13-0.10.2', ...CUDA)
    const warnings: string[] = []
    const options = {
      cacheDir: cache,
      lower: () => '',
      warn: (line: string) => warnings.push(line),
      surroundings: { env: {}, exists: () => true },
    }
    const backend = await createXlaBackend(options)
    expect(backend.client.platformName).toBe('cpu')
    backend.close()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(
      /xla_cuda_plugin\.so \(jax-cuda13-pjrt in the cache folder\): .+\nTrying .*xla_cpu_pjrt\.so .* instead\.$/,
    )
    await expect(createXlaBackend({ ...options, platform: 'cuda' })).rejects.toThrow(/xla_cuda_plugin\.so /)
    // Virtual devices of the CPU are not what someone with several cards asked for.
    await expect(createXlaBackend({ ...options, deviceCount: 2 })).rejects.toThrow(
      /^No XLA plugin opens 2 CUDA devices\.\n.*xla_cuda_plugin\.so .*\nWith --platform cpu, virtual devices of the processor take their place\.$/s,
    )
  })
})
