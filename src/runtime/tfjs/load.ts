import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Tf } from '../../lower/tfjs/device.ts'
import { TfjsError } from './error.ts'

/** What computes, fastest first: TensorFlow's library on a GPU or a CPU, WebAssembly, plain JavaScript. */
export const TFJS_KINDS = ['node-gpu', 'node', 'wasm', 'cpu'] as const
export type TfjsKind = (typeof TFJS_KINDS)[number]

export interface LoadedTfjs {
  readonly tf: Tf
  readonly kind: TfjsKind
  /** For a person: `WebAssembly with SIMD, on one core`. */
  readonly computes: string
  readonly version: string
  /** What else results depend on: `simd`, `tf2.18.1`. */
  readonly build: string
}

export interface LoadOptions {
  /** Diptych's cache folder: `tfjs-node` in it is where set-up puts TensorFlow's library. */
  readonly cacheDir?: string
  /** Only this one; else `DIPTYCH_TFJS` says, else the best that is present. */
  readonly kind?: string
  readonly env?: NodeJS.ProcessEnv
  /** Told why a faster one that is present can't be used. */
  readonly warn?: (line: string) => void
}

/**
 * Loads TensorFlow.js with the best backend present, or the one that is asked for.
 * Throws a `TfjsError` where that one is unknown, missing or broken.
 */
export async function loadTfjs({
  cacheDir,
  kind,
  env = process.env,
  warn,
}: LoadOptions = {}): Promise<LoadedTfjs> {
  const asked = kind ?? env.DIPTYCH_TFJS
  if (asked) {
    const known = TFJS_KINDS.find(k => k === asked)
    if (!known)
      throw new TfjsError(
        `DIPTYCH_TFJS is "${asked}"; it can be ${TFJS_KINDS.join(', ')}, or unset for the best there is.`,
      )
    return load(known, cacheDir)
  }
  for (const each of ['node-gpu', 'node'] as const) {
    if (!findBinding(each, cacheDir)) continue
    try {
      return await load(each, cacheDir)
    } catch (e) {
      if (!(e instanceof TfjsError)) throw e
      warn?.(e.message)
    }
  }
  try {
    return await load('wasm', cacheDir)
  } catch (e) {
    if (!(e instanceof TfjsError)) throw e
    warn?.(e.message)
    return load('cpu', cacheDir)
  }
}

const PACKAGES = { 'node-gpu': '@tensorflow/tfjs-node-gpu', node: '@tensorflow/tfjs-node' } as const

/** Folder of a binding to TensorFlow's library: in Diptych's cache, or where the project's packages are. */
export function findBinding(kind: 'node-gpu' | 'node', cacheDir: string | undefined): string | undefined {
  const kept = cacheDir && join(cacheDir, 'tfjs-node', 'node_modules', PACKAGES[kind])
  if (kept && existsSync(join(kept, 'package.json'))) return kept
  try {
    return join(createRequire(import.meta.url).resolve(`${PACKAGES[kind]}/package.json`), '..')
  } catch {
    return undefined
  }
}

async function load(kind: TfjsKind, cacheDir: string | undefined): Promise<LoadedTfjs> {
  try {
    if (kind === 'node' || kind === 'node-gpu') return loadBinding(kind, cacheDir)
    return await loadPackage(kind)
  } catch (e) {
    if (e instanceof TfjsError) throw e
    const why = (e instanceof Error ? e.message : String(e)).split('\n', 1)[0]
    throw new TfjsError(`TensorFlow.js can't use ${NAMES[kind]}: ${why}`)
  }
}

const NAMES: Record<TfjsKind, string> = {
  'node-gpu': "TensorFlow's library on the GPU",
  node: "TensorFlow's library",
  wasm: 'WebAssembly',
  cpu: 'plain JavaScript',
}

function loadBinding(kind: 'node-gpu' | 'node', cacheDir: string | undefined): LoadedTfjs {
  const folder = findBinding(kind, cacheDir)
  if (!folder)
    throw new TfjsError(
      `${PACKAGES[kind]} is neither in the cache nor among the project's packages. Run "npm run setup:tfjs-node".`,
    )
  const project = createRequire(import.meta.url)
  shimUtil(project('node:util'))
  // TensorFlow's start-up notes go to standard error; errors still do.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  const tf = project(folder) as Tf & { readonly version: Readonly<Record<string, string>> }
  tf.enableProdMode()
  const native = tf.backend() as unknown as NativeBackend
  return {
    tf,
    kind,
    computes: `TensorFlow's library, on the ${native.isUsingGpuDevice ? 'GPU' : 'CPU'}`,
    version: tf.version['tfjs-node'] ?? tf.version_core,
    build: `tf${native.binding.TF_Version}`,
  }
}

/** What the binding's backend says of itself. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean
  readonly binding: { readonly TF_Version: string }
}

/** Functions that the binding calls and Node no longer has (23 and later). */
export function shimUtil(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined
  util.isArray ??= Array.isArray
}

async function loadPackage(kind: 'wasm' | 'cpu'): Promise<LoadedTfjs> {
  const tf = await import('@tensorflow/tfjs-core')
  // Kernels look for NaN and infinities otherwise, and advertise a faster backend.
  tf.enableProdMode()
  if (kind === 'wasm') await import('@tensorflow/tfjs-backend-wasm')
  else await import('@tensorflow/tfjs-backend-cpu')
  if (!(await tf.setBackend(kind))) throw new Error('the backend does not start')
  const version = tf.version_core
  if (kind === 'cpu') return { tf, kind, computes: 'plain JavaScript, on one core', version, build: 'js' }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
  const computes = `WebAssembly ${simd ? 'with' : 'without'} SIMD, on one core`
  return { tf, kind, computes, version, build: simd ? 'simd' : 'scalar' }
}
