import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { agrees } from './consent.mjs'
import { checkSpace, fetchWheel, removeLeftovers, thisSystem, Unavailable, wheelFor } from './fetch-wheel.mjs'
import { withLock } from './lock.mjs'
import { findNpm, installWithNpm } from './npm.mjs'
import { findNvidia } from './nvidia.mjs'
import { cacheDir } from './paths.mjs'
import { CUDA_WHEELS, TENSORFLOW, TENSORFLOW_CUDA } from './pins.mjs'
import { lastLines, run } from './process.mjs'
import { megabytes, say, seconds } from './progress.mjs'
import { readStamp, writeStamp } from './stamp.mjs'
import { hashFile, unpackWheel } from './wheel.mjs'
import { bytesOf, unpackedBytesOf, unpackWheels } from './wheel-set.mjs'

const HERE = join(dirname(fileURLToPath(import.meta.url)), 'tfjs-node')
const PACKAGE = join('node_modules', '@tensorflow', 'tfjs-node')
const BINDING = join('lib', 'napi-v8', 'tfjs_binding.node')
/** What npm installs beside the wheel: fetched, and on the disk. */
const PACKAGES = { fetched: 74_000_000, unpacked: 289_000_000 }
const CHECK_MS = 120_000
/** The oldest driver (its major version) that CUDA 12 runs on. */
const CUDA_DRIVER = 525

/** TensorFlow for CPUs, and for NVIDIA's cards with the libraries that go beside it. */
const FLAVOURS = {
  cpu: { pin: TENSORFLOW, beside: [] },
  gpu: { pin: TENSORFLOW_CUDA, beside: CUDA_WHEELS['tensorflow-cuda'] },
}

/** The folder that the package and its binding are put into: `node_modules/@tensorflow/tfjs-node` lies in it. */
export const tfjsNodeDir = (cache = cacheDir()) => join(cache, 'tfjs-node')

/** True when the binding can be loaded: a quick look at names and sizes. */
export const tfjsNodeReady = (folder = tfjsNodeDir()) => readStamp(folder) !== undefined

/** The C++ compiler: `CXX`, else the usual names. Throws `Unavailable` where there is none. */
async function findCompiler(env) {
  const names = env.CXX ? [env.CXX] : ['g++', 'c++', 'clang++']
  for (const name of names) {
    if ((await run(name, ['--version'], { env, timeoutMs: 30_000 })).code === 0) return name
  }
  const wanted = env.CXX ? `CXX names ${env.CXX}, which does not run` : 'there is no C++ compiler here'
  throw new Unavailable(
    `its binding is compiled, and ${wanted} (Debian, Ubuntu: sudo apt install g++; Fedora: sudo dnf install gcc-c++)`,
  )
}

async function installPackages(scratch, { env, log, lock }) {
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(join(HERE, name), join(scratch, name))
  log('installing @tensorflow/tfjs-node without its install script')
  const npm = await findNpm(env)
  const ran = await installWithNpm(npm, scratch, { flags: ['--ignore-scripts'], env, onStart: lock.child })
  if (ran.code !== 0) throw new Unavailable(`npm could not install it:\n  ${lastLines(ran.output)}\n  `)
}

/**
 * Compiles the two files of the binding, as the package's `binding.gyp` does: against N-API 8, which every Node that
 * this project runs on has, and with the libraries found from the binding's own place.
 */
async function compile(scratch, compiler, { env, log, lock }) {
  const home = join(scratch, PACKAGE)
  const target = join(home, BINDING)
  mkdirSync(dirname(target), { recursive: true })
  const started = performance.now()
  log(`compiling its binding with ${compiler}`)
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
    `-I${join(home, 'deps', 'include')}`,
    `-I${join(scratch, 'node_modules', 'node-api-headers', 'include')}`,
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map(name => join(home, 'binding', name)),
    ...['-o', target, `-L${join(home, 'deps', 'lib')}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
  ]
  const ran = await run(compiler, args, { env, onStart: lock.child })
  if (ran.code !== 0) {
    throw new Unavailable(`${compiler} could not compile its binding:\n  ${lastLines(ran.output, 8)}\n  `)
  }
  log(`compiled in ${seconds(started)}`)
  return target
}

/** Loads what was built and computes with it, in a process of its own. */
async function check(folder, env) {
  const ran = await run(process.execPath, [join(HERE, 'check.mjs'), folder], {
    env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' },
    timeoutMs: CHECK_MS,
  })
  if (ran.code !== 0) {
    const end = ran.timedOut
      ? `did not answer within ${CHECK_MS / 1000} s`
      : `ended with ${ran.code ?? 'a crash'}`
    throw new Unavailable(`it was built, but loading it ${end}:\n  ${lastLines(ran.output, 6)}\n  `)
  }
}

async function build({ pin, beside, wheel }, compiler, folder, { cache, env, log, progressMs, lock }) {
  const scratchPrefix = 'tmp-tfjs-node-'
  removeLeftovers(cache, scratchPrefix)
  const all = [wheel, ...beside]
  checkSpace(cache, bytesOf(all) + unpackedBytesOf(all) + PACKAGES.unpacked)
  const started = performance.now()
  const scratch = mkdtempSync(join(cache, scratchPrefix))
  try {
    const fresh = join(scratch, basename(folder))
    mkdirSync(fresh)
    await installPackages(fresh, { env, log, lock })
    const fetching = { keep: cache, scratch, env, log, progressMs }
    const deps = join(fresh, PACKAGE, 'deps')
    const archive = await fetchWheel(pin, wheel, fetching)
    const unpacked = await unpackWheel(archive, deps, pin.members)
    const cuda = await unpackWheels(beside, deps, fetching)
    const binding = await compile(fresh, compiler, { env, log, lock })
    await check(fresh, env)
    const inDeps = Object.entries({ ...unpacked, ...cuda.files }).map(([path, file]) => [
      join(PACKAGE, 'deps', path),
      file,
    ])
    const made = { sha256: await hashFile(binding), bytes: statSync(binding).size }
    const files = { ...Object.fromEntries(inDeps), [join(PACKAGE, BINDING)]: made }
    writeStamp(fresh, { wheel: wheel.sha256, tensorflow: wheel.requirement ?? pin.requirement, files })
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
    rmSync(archive, { force: true })
    cuda.remove()
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  log(`TensorFlow.js for Node is in ${folder} (${seconds(started)})`)
}

/**
 * Builds TensorFlow.js's native binding for Node into the cache, after asking. The package's own install script
 * fetches a library that is no longer kept up: its C library comes out of TensorFlow's wheel instead, and its two
 * source files are compiled here. All of it is built in a temporary folder, tried in a process of its own, and then
 * renamed; the wheel that an interrupted start has fetched is used by the next.
 *
 * @param {{yes?: boolean, flavour?: 'cpu' | 'gpu', cache?: string, env?: NodeJS.ProcessEnv, log?: (line: string) => void}} given
 * `flavour`: for the CPU, or for an NVIDIA card, which is the default where a driver for one is found
 * @returns {Promise<{folder?: string, problem?: string}>} neither where the person said no
 */
export async function ensureTfjsNode(given = {}) {
  const options = { flavours: FLAVOURS, env: process.env, log: say, yes: false, ask: agrees, ...given }
  const { env, log } = options
  const cache = options.cache ?? cacheDir(env)
  const folder = tfjsNodeDir(cache)
  if (tfjsNodeReady(folder)) return { folder }
  try {
    // Before anything is asked or written: what can't be had here.
    const system = thisSystem(options)
    const flavour = options.flavour ?? (await flavourFor(system, env, log))
    const { pin, beside } = options.flavours[flavour]
    const wheel = wheelFor(pin, system)
    const compiler = await findCompiler(env)
    const all = [wheel, ...beside]
    const fetched = bytesOf(all.filter(w => !existsSync(join(cache, w.file)))) + PACKAGES.fetched
    const kept = unpackedBytesOf(all) + PACKAGES.unpacked
    const what =
      `TensorFlow.js for Node, on ${pin.title}: ${megabytes(fetched)} are fetched, and ${folder} will take ` +
      `${megabytes(kept)} (${megabytes(kept + bytesOf(all))} while it is built)`
    if (!(await options.ask(what, { yes: options.yes, log }))) return {}
    mkdirSync(cache, { recursive: true })
    await withLock(`${folder}.lock`, { what: 'building TensorFlow.js for Node', log }, async lock => {
      if (!tfjsNodeReady(folder))
        await build({ pin, beside, wheel }, compiler, folder, { ...options, cache, lock })
    })
    return { folder }
  } catch (error) {
    if (!(error instanceof Unavailable) && !error.code) throw error
    const fallback = 'Without it --engine tfjs runs on WebAssembly.'
    return { problem: `TensorFlow.js for Node is missing: ${error.message}.\n  ${fallback}` }
  }
}

async function flavourFor({ platform, arch }, env, log) {
  const nvidia = `${platform}-${arch}` === 'linux-x64' ? await findNvidia(env) : undefined
  if (!nvidia) return 'cpu'
  if (nvidia.major >= CUDA_DRIVER) return 'gpu'
  log(
    `the NVIDIA driver ${nvidia.driver} is older than ${CUDA_DRIVER}, which CUDA 12 needs: taking TensorFlow for CPUs`,
  )
  return 'cpu'
}
