import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineProbe, Surroundings } from './engine-probes.ts'
import { readStamped } from './stamped.ts'

const PACKAGE = join('node_modules', '@tensorflow', 'tfjs-node')

/** TensorFlow.js on each of its backends, the fastest first. */
export async function tfjsProbes(around: Surroundings): Promise<EngineProbe[]> {
  return [
    ...(await nodeProbes(around)),
    await packageProbe(around, 'tfjs wasm', 'tfjs-backend-wasm', 'on WebAssembly'),
    await packageProbe(around, 'tfjs cpu', 'tfjs-backend-cpu', 'in plain JavaScript, for small graphs'),
  ]
}

/** What `npm run setup:tfjs-node` builds: one folder, for a card or for the CPU. */
async function nodeProbes({ cache, system, driver }: Surroundings): Promise<EngineProbe[]> {
  const path = join(cache, 'tfjs-node')
  const title = { gpu: 'TensorFlow.js on TensorFlow for CUDA', cpu: 'TensorFlow.js on TensorFlow' }
  const stamp = await readStamped(path)
  const cuda = stamp && Object.keys(stamp.files).some(file => /deps[\\/]nvidia[\\/]/.test(file))
  const get = 'npm run setup:tfjs-node'
  const linux = system === 'linux-x64' || system === 'linux-arm64'
  const missing = (): Pick<EngineProbe, 'state' | 'why' | 'get'> => {
    if (!linux) return { state: 'missing', why: `there is none for ${system}` }
    if (stamp)
      return {
        state: 'missing',
        why: `${path} was built for ${cuda ? 'CUDA' : 'the CPU'}`,
        get: `Remove ${path}, then ${get}`,
      }
    if (existsSync(path)) return { state: 'damaged', why: 'files of it are missing or cut short', get }
    return { state: 'missing', why: 'it was not built', get }
  }
  const version = stamp && (await versionOf(join(path, PACKAGE, 'package.json')))
  const ready = (what: string): Pick<EngineProbe, 'state' | 'what' | 'path'> => ({
    state: 'ready',
    what: `${what} (${version}, ${stamp!.tensorflow})`,
    path,
  })
  const noCard = { state: 'missing', why: 'no NVIDIA driver was found: nvidia-smi does not answer' } as const
  const gpu = driver === undefined ? noCard : cuda ? ready(title.gpu) : missing()
  return [
    { name: 'tfjs node-gpu', what: title.gpu, ...gpu },
    { name: 'tfjs node', what: title.cpu, ...(stamp && !cuda ? ready(title.cpu) : missing()) },
  ]
}

async function packageProbe(
  { resolve }: Surroundings,
  name: string,
  folder: string,
  where: string,
): Promise<EngineProbe> {
  const file = resolve(`@tensorflow/${folder}/package.json`)
  const what = `TensorFlow.js ${where}`
  const why = `the package @tensorflow/${folder} is not installed`
  if (file === undefined) return { name, state: 'missing', what, why, get: 'npm run setup' }
  return { name, state: 'ready', what: `${what} (${await versionOf(file)})`, path: file }
}

const versionOf = async (file: string): Promise<string> =>
  (JSON.parse(await readFile(file, 'utf8')) as { readonly version: string }).version
