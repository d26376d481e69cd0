import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type EngineProbe, probeEngines, type Surroundings } from '../../src/host/engine-probes.ts'
import { makeFolder } from './kit.ts'

/** A folder of the cache as set-up leaves it: these files, and the stamp that names them. */
function stamped(folder: string, files: readonly string[], more: object = {}): void {
  const stamp = { ...more, files: Object.fromEntries(files.map(name => [name, { bytes: 3 }])) }
  for (const name of files) put(folder, name, 'lib')
  put(folder, 'stamp.json', JSON.stringify(stamp))
}

function put(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

const TFJS = 'node_modules/@tensorflow/tfjs-node'
const PACKAGE = `${TFJS}/package.json`

/** What is said of a machine, by engine, with the cache's path left out. */
async function told(cache: string, more: Partial<Surroundings> = {}): Promise<Record<string, string>> {
  const around = { cache, env: {}, system: 'linux-x64', driver: undefined, resolve: () => undefined, ...more }
  const line = ({ state, what, why, get }: EngineProbe) =>
    [`${state}: ${what}`, why, get].filter(Boolean).join(' | ').replaceAll(cache, '…')
  return Object.fromEntries((await probeEngines(around)).map(p => [p.name, line(p)]))
}

test('a bare machine: what is missing, why, and how to get it', async () => {
  expect(await told(makeFolder())).toMatchInlineSnapshot(`
    {
      "reference": "ready: TypeScript in float64, for graphs of toy size only",
      "tfjs cpu": "missing: TensorFlow.js in plain JavaScript, for small graphs | the package @tensorflow/tfjs-backend-cpu is not installed | npm run setup",
      "tfjs node": "missing: TensorFlow.js on TensorFlow | it was not built | npm run setup:tfjs-node",
      "tfjs node-gpu": "missing: TensorFlow.js on TensorFlow for CUDA | no NVIDIA driver was found: nvidia-smi does not answer",
      "tfjs wasm": "missing: TensorFlow.js on WebAssembly | the package @tensorflow/tfjs-backend-wasm is not installed | npm run setup",
      "xla cpu": "missing: XLA's CPU plugin 0.0.1 | it was not fetched | npm run setup",
      "xla cuda": "missing: XLA's plugin for CUDA | no NVIDIA driver was found: nvidia-smi does not answer | Install the driver, then npm run setup:gpu",
    }
  `)
})

test('a machine with a card and all set up', async () => {
  const cache = makeFolder()
  stamped(join(cache, 'plugins', 'xla-cpu-0.0.1'), ['xla_cpu_pjrt.so'])
  stamped(join(cache, 'plugins', 'xla-cuda13-0.10.2'), ['jax_plugins/xla_cuda13/xla_cuda_plugin.so'])
  stamped(join(cache, 'tfjs-node'), [`${TFJS}/deps/nvidia/cublas/lib/libcublas.so.12`], {
    tensorflow: 'tensorflow==2.18.1',
  })
  put(join(cache, 'tfjs-node'), PACKAGE, '{ "version": "4.22.0" }')
  const resolve = (file: string) => {
    put(cache, file, '{ "version": "4.22.0" }')
    return join(cache, file)
  }
  expect(await told(cache, { driver: '580.65.06', resolve })).toMatchInlineSnapshot(`
    {
      "reference": "ready: TypeScript in float64, for graphs of toy size only",
      "tfjs cpu": "ready: TensorFlow.js in plain JavaScript, for small graphs (4.22.0)",
      "tfjs node": "missing: TensorFlow.js on TensorFlow | …/tfjs-node was built for CUDA | Remove …/tfjs-node, then npm run setup:tfjs-node",
      "tfjs node-gpu": "ready: TensorFlow.js on TensorFlow for CUDA (4.22.0, tensorflow==2.18.1)",
      "tfjs wasm": "ready: TensorFlow.js on WebAssembly (4.22.0)",
      "xla cpu": "ready: XLA's CPU plugin 0.0.1",
      "xla cuda": "ready: XLA's plugin 0.10.2 for CUDA 13, driver 580.65.06",
    }
  `)
  // The same disk in a machine whose card was taken out.
  expect((await told(cache))['tfjs node']).toMatch(/^missing: .*was built for CUDA \| Remove …/)
})

test('what is not whole, and what a system can not have', async () => {
  const cache = makeFolder()
  for (const name of ['plugins/xla-cpu-0.0.1', 'plugins/xla-cuda12-0.10.2', 'tfjs-node'])
    stamped(join(cache, name), ['xla_cpu_pjrt.so'])
  for (const name of ['plugins/xla-cpu-0.0.1', 'plugins/xla-cuda12-0.10.2', 'tfjs-node'])
    put(join(cache, name), 'xla_cpu_pjrt.so', 'cut short')
  const damaged = await told(cache, { driver: '550.1' })
  for (const name of ['xla cuda', 'xla cpu', 'tfjs node-gpu', 'tfjs node'])
    expect(damaged[name]).toMatch(/^damaged: .*files of it are missing or cut short \| npm run setup/)
  const mac = await told(makeFolder(), { system: 'darwin-arm64' })
  for (const name of ['xla cuda', 'xla cpu', 'tfjs node'])
    expect(mac[name]).toMatch(/there is none for darwin-arm64$/)
})

test('a plugin that the environment names stands for XLA’s own', async () => {
  const cache = makeFolder()
  put(cache, 'mine.so', 'lib')
  const env = (path: string) => ({ env: { DIPTYCH_PJRT_PLUGIN: join(cache, path) } })
  expect((await told(cache, env('mine.so')))['xla cpu']).toMatch(
    /^ready: XLA through the plugin that DIPTYCH_PJRT/,
  )
  expect((await told(cache, env('none.so')))['xla cpu']).toMatch(/there is no file …\/none\.so \| Correct/)
})
