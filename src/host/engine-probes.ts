import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ask, pluginState } from './machine.ts'
import { readStamped } from './stamped.ts'
import { tfjsProbes } from './tfjs-probes.ts'

/** Whether one engine can be used on this machine, as far as its files tell. */
export interface EngineProbe {
  /** As a person would choose it: `xla cpu`, `tfjs wasm`. */
  readonly name: string
  readonly state: 'ready' | 'missing' | 'damaged'
  /** What it is, with its version. */
  readonly what: string
  readonly path?: string
  /** Why it is not there. */
  readonly why?: string
  /** How to get it; without where it can't be had here. */
  readonly get?: string
}

/** What the probes look at. */
export interface Surroundings {
  readonly cache: string
  readonly env: NodeJS.ProcessEnv
  /** `linux-x64` */
  readonly system: string
  /** The NVIDIA driver's version, where there is a card. */
  readonly driver: string | undefined
  /** Path of a file of one of the project's packages; undefined where it is not installed. */
  readonly resolve: (file: string) => string | undefined
}

/** Systems that XLA's plugins exist for. */
const CPU_WHEELS = ['linux-x64', 'linux-arm64']
const CUDA_WHEELS = ['linux-x64']

/** Every engine, the fastest first. */
export async function probeEngines(around: Surroundings): Promise<EngineProbe[]> {
  return [
    await cudaProbe(around),
    await cpuProbe(around),
    ...(await tfjsProbes(around)),
    { name: 'reference', state: 'ready', what: 'TypeScript in float64, for graphs of toy size only' },
  ]
}

async function cpuProbe({ cache, env, system }: Surroundings): Promise<EngineProbe> {
  const name = 'xla cpu'
  const named = env.DIPTYCH_PJRT_PLUGIN
  if (named) {
    const path = resolve(named)
    const what = 'XLA through the plugin that DIPTYCH_PJRT_PLUGIN names'
    if (existsSync(path)) return { name, state: 'ready', what, path }
    const get = 'Correct DIPTYCH_PJRT_PLUGIN or unset it.'
    return { name, state: 'missing', what, path, why: `there is no file ${path}`, get }
  }
  const plugin = await pluginState(cache)
  const version = /xla-cpu-([\d.]+)/.exec(plugin.path)?.[1]
  const what = `XLA's CPU plugin ${version}`
  if (plugin.state === 'ready') return { name, state: 'ready', what, path: plugin.path }
  if (!CPU_WHEELS.includes(system))
    return { name, state: 'missing', what, why: `there is none for ${system}` }
  return {
    name,
    state: plugin.state,
    what,
    path: plugin.path,
    why:
      env.DIPTYCH_XLA_PROBLEM ??
      (plugin.state === 'damaged' ? 'files of it are missing or cut short' : 'it was not fetched'),
    get: 'npm run setup',
  }
}

/** Set-up's own plugin for CUDA; one that JAX has installed in the active Python is for the engine to find. */
async function cudaProbe({ cache, system, driver }: Surroundings): Promise<EngineProbe> {
  const name = 'xla cuda'
  const plugins = join(cache, 'plugins')
  const folders = (await readdir(plugins).catch(() => [] as string[])).filter(n => n.startsWith('xla-cuda'))
  const folder = folders.sort().at(-1)
  const [, cuda, version] = /^xla-cuda(\d+)-([\d.]+)$/.exec(folder ?? '') ?? []
  const what = cuda ? `XLA's plugin ${version} for CUDA ${cuda}` : "XLA's plugin for CUDA"
  const path = folder && join(plugins, folder)
  if (!CUDA_WHEELS.includes(system))
    return { name, state: 'missing', what, why: `there is none for ${system}` }
  if (driver === undefined)
    return {
      name,
      state: 'missing',
      what,
      path,
      why: 'no NVIDIA driver was found: nvidia-smi does not answer',
      get: 'Install the driver, then npm run setup:gpu',
    }
  if (path === undefined)
    return { name, state: 'missing', what, why: 'it was not fetched', get: 'npm run setup:gpu' }
  if ((await readStamped(path)) === undefined)
    return {
      name,
      state: 'damaged',
      what,
      path,
      why: 'files of it are missing or cut short',
      get: 'npm run setup:gpu',
    }
  return { name, state: 'ready', what: `${what}, driver ${driver}`, path }
}

/** The NVIDIA driver's version, as nvidia-smi tells it; undefined where there is none or it has no card. */
export async function nvidiaDriver(): Promise<string | undefined> {
  const said = await ask('nvidia-smi', ['--query-gpu=driver_version', '--format=csv,noheader'])
  return said && /^\d+[.\d]*$/.test(said) ? said : undefined
}
