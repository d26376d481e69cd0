import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { fakeMachine } from './fake-pip.ts'
import { loadScript, putFiles, root } from './kit.ts'
import { makeZip, sha256 } from './wheel-kit.ts'

interface TfjsModule {
  ensureTfjsNode(options: object): Promise<{ folder?: string; problem?: string }>
  tfjsNodeReady(folder: string): boolean
}
const { ensureTfjsNode, tfjsNodeReady } = await loadScript<TfjsModule>('setup/tfjs-node.mjs')

const TENSORFLOW = makeZip({ 'tensorflow/lib.so.2': 'tensorflow', 'tensorflow/include/c_api.h': 'header' })
const CUDA = makeZip({ 'nvidia/cublas/lib/libcublas.so.12': 'cublas' })
const wheel = (file: string, contents: Uint8Array) => ({
  file,
  requirement: `${file.split('-')[0]}==1`,
  platform: 'p_x64',
  sha256: sha256(contents),
  bytes: contents.length,
  unpackedBytes: 1000,
})
const pin = {
  title: 'TensorFlow',
  label: 'tensorflow',
  requirement: 'tensorflow==1',
  glibc: [2, 17],
  wheels: { 'linux-x64': wheel('tensorflow-1.whl', TENSORFLOW) },
  members: {
    'tensorflow/lib.so.2': 'lib/lib.so.2',
    'tensorflow/include/c_api.h': 'include/c_api.h',
  },
}
const FLAVOURS = {
  cpu: { pin, beside: [] },
  gpu: { pin: { ...pin, title: 'TensorFlow for CUDA' }, beside: [wheel('cublas-1.whl', CUDA)] },
}

/** Stands for npm: installs a package whose "binding" is a program. */
const NPM = `
const fs = require('node:fs')
if (process.argv.includes('--version')) process.exit(0)
if (process.env.FAKE_NPM === 'fails') { console.error('npm error the registry is closed'); process.exit(1) }
if (!process.argv.includes('--ignore-scripts') || !fs.existsSync('package-lock.json')) process.exit(2)
const home = 'node_modules/@tensorflow/tfjs-node'
fs.mkdirSync(home + '/binding', { recursive: true })
fs.writeFileSync(home + '/package.json', '{ "main": "index.js" }')
fs.writeFileSync(home + '/index.js',
  "module._compile(require('fs').readFileSync(__dirname + '/lib/napi-v8/tfjs_binding.node', 'utf8'), __filename)")`

/** Stands for g++: its "library" is a program that needs the shims for newer Nodes. */
const COMPILER = `
const fs = require('node:fs')
const args = process.argv.slice(2)
if (args.includes('--version')) process.exit(process.env.FAKE_CXX === 'none' ? 1 : 0)
if (process.env.FAKE_CXX === 'fails') { console.error('tfjs_binding.cc:1: error: no'); process.exit(1) }
const include = args.find(a => a.startsWith('-I')).slice(2)
fs.readFileSync(include + '/c_api.h')
const mode = process.env.FAKE_CXX ?? 'good'
const multiply = { good: [[19, 22], [43, 50]], wrong: [[1]] }[mode]
fs.writeFileSync(args[args.indexOf('-o') + 1], mode === 'crash' ? 'process.kill(process.pid, "SIGSEGV")' :
  'require("node:util").isNullOrUndefined(0)\\n' +
  'module.exports = { getBackend: () => "tensorflow", tensor2d: x => x, ' +
  'matMul: () => ({ arraySync: () => ' + JSON.stringify(multiply) + ' }) }')`

function machine(env: NodeJS.ProcessEnv = {}, programs: Record<string, string> = {}) {
  const made = fakeMachine(
    { 'tensorflow-1.whl': TENSORFLOW, 'cublas-1.whl': CUDA },
    { npm: NPM, 'g++': COMPILER, ...programs },
  )
  const cache = join(made.folder, 'cache')
  mkdirSync(cache)
  const lines: string[] = []
  const ensure = (given: object = {}) =>
    ensureTfjsNode({
      flavours: FLAVOURS,
      cache,
      env: { ...made.env, ...env },
      yes: true,
      platform: 'linux',
      arch: 'x64',
      glibc: '2.36',
      log: (line: string) => lines.push(line),
      ...given,
    })
  return { ...made, cache, lines, ensure, folder: join(cache, 'tfjs-node') }
}

describe('setup:tfjs-node', () => {
  beforeEach(ctx => {
    if (process.platform === 'win32') ctx.skip('the stand-ins for programs are #! scripts')
  })

  test('builds the binding in a temporary folder, tries it, and only then gives it its name', async () => {
    const at = machine()
    expect(await at.ensure()).toEqual({ folder: at.folder })
    expect(at.lines[0]).toMatch(
      /^TensorFlow\.js for Node, on TensorFlow: 74\.0 MB are fetched, and .* will take 289\.0 MB/,
    )
    const home = join(at.folder, 'node_modules/@tensorflow/tfjs-node')
    expect(readFileSync(join(home, 'deps/lib/lib.so.2'), 'utf8')).toBe('tensorflow')
    expect(existsSync(join(home, 'lib/napi-v8/tfjs_binding.node'))).toBe(true)
    expect(readdirSync(at.cache)).toEqual(['tfjs-node'])
    expect(tfjsNodeReady(at.folder)).toBe(true)
    await at.ensure()
    expect(readFileSync(at.calls, 'utf8')).toBe('tensorflow==1\n')
  })

  test('where there is an NVIDIA driver, it is TensorFlow for CUDA with its libraries beside it', async () => {
    const at = machine({}, { 'nvidia-smi': "console.log('550.1, NVIDIA A100')" })
    expect(await at.ensure()).toEqual({ folder: at.folder })
    const deps = join(at.folder, 'node_modules/@tensorflow/tfjs-node/deps')
    expect(readFileSync(join(deps, 'nvidia/cublas/lib/libcublas.so.12'), 'utf8')).toBe('cublas')
    expect(readdirSync(at.cache)).toEqual(['tfjs-node'])
    const old = machine({}, { 'nvidia-smi': "console.log('470.1, NVIDIA K80')" })
    await old.ensure()
    expect(old.lines[0]).toContain('the NVIDIA driver 470.1 is older than 525')
    expect(existsSync(join(old.folder, 'node_modules/@tensorflow/tfjs-node/deps/nvidia'))).toBe(false)
  })

  test.each([
    [{ FAKE_CXX: 'fails' }, 'g++ could not compile its binding:\n  tfjs_binding.cc:1: error: no'],
    [{ FAKE_CXX: 'wrong' }, 'it computes [[1]] where [[19,22],[43,50]] is right'],
    [{ FAKE_CXX: 'crash' }, 'loading it ended with a crash'],
    [{ FAKE_NPM: 'fails' }, 'npm could not install it:\n  npm error the registry is closed'],
    [{ FAKE_PIP: 'none' }, "it is fetched with Python's pip, and there is no Python here"],
  ])(
    'a step that fails leaves nothing but the wheel, and the next start goes on: %j',
    async (env, reason) => {
      const at = machine(env)
      const { problem } = await at.ensure()
      expect(problem).toContain(reason)
      expect(problem).toContain('Without it --engine tfjs runs on WebAssembly.')
      expect(tfjsNodeReady(at.folder)).toBe(false)
      const kept = 'FAKE_CXX' in env ? ['tensorflow-1.whl'] : []
      expect(readdirSync(at.cache)).toEqual(kept)
      expect(await at.ensure({ env: at.env })).toEqual({ folder: at.folder })
      expect(readFileSync(at.calls, 'utf8')).toBe('tensorflow==1\n')
    },
  )

  test('without a compiler nothing is fetched, and the line says how to get one', async () => {
    const at = machine({ FAKE_CXX: 'none' })
    const { problem } = await at.ensure()
    expect(problem).toMatch(/there is no C\+\+ compiler here \(Debian, Ubuntu: sudo apt install g\+\+/)
    expect(readdirSync(at.cache)).toEqual([])
    expect((await machine({ CXX: '/nowhere/g++' }).ensure()).problem).toContain(
      'CXX names /nowhere/g++, which does not run',
    )
  })

  test('nobody is surprised by a large download: without --yes and a terminal nothing is fetched', async () => {
    const at = machine()
    expect(await at.ensure({ yes: false })).toEqual({})
    expect(at.lines.at(-1)).toBe('nothing was fetched: add --yes to agree where nobody can be asked')
    expect(readdirSync(at.cache)).toEqual([])
  })

  test('a damaged folder is built again', async () => {
    const at = machine()
    await at.ensure()
    putFiles(at.folder, { 'node_modules/@tensorflow/tfjs-node/deps/lib/lib.so.2': 'cut' })
    expect(tfjsNodeReady(at.folder)).toBe(false)
    expect(await at.ensure()).toEqual({ folder: at.folder })
    expect(tfjsNodeReady(at.folder)).toBe(true)
  })
})

test('the packages are pinned with their hashes, and no registry is named', () => {
  const lock = readFileSync(join(root, 'scripts/setup/tfjs-node/package-lock.json'), 'utf8')
  const { packages } = JSON.parse(lock)
  expect(packages['node_modules/@tensorflow/tfjs-node'].version).toBe('4.22.0')
  const without = Object.entries<{ integrity?: string }>(packages).filter(([path, p]) => path && !p.integrity)
  expect(without).toEqual([])
  expect(lock).not.toContain('"resolved"')
})
