import { DataError } from '../data/error.ts'
import { lowerToStableHlo } from '../lower/stablehlo/lower.ts'
import type { EngineName } from '../protocol/engine-name.ts'
import type { Backend } from '../runtime/backend.ts'
import { createXlaBackend } from '../runtime/pjrt/backend.ts'
import { PluginError } from '../runtime/pjrt/error.ts'
import { createReferenceBackend } from '../runtime/reference/backend.ts'
import { createTfjsBackend } from '../runtime/tfjs/backend.ts'
import { TfjsError } from '../runtime/tfjs/error.ts'
import type { EngineContext } from './context.ts'
import type { DeviceOptions } from './devices.ts'

export interface OpenOptions extends DeviceOptions {
  readonly cacheDir: string
  /** Told about what slows down but harms nothing. */
  readonly warn: (line: string) => void
  /** Told what computes, where that is not plain. */
  readonly say?: (line: string) => void
}

/** Opens the backend that a run asked for. */
export async function openBackend(engine: EngineName, options: OpenOptions): Promise<Backend> {
  const { cacheDir, warn, platform, devices } = options
  if (engine !== 'xla' && (platform !== undefined || (devices ?? 1) > 1))
    throw new DataError(
      `The engine ${engine} has no devices to choose: leave out --platform and --devices, or use --engine xla.`,
    )
  if (engine === 'reference') return createReferenceBackend()
  if (engine === 'tfjs') return openTfjs(options)
  try {
    return await createXlaBackend({
      cacheDir,
      lower: lowerToStableHlo,
      warn,
      platform,
      deviceCount: devices,
    })
  } catch (e) {
    if (!(e instanceof PluginError)) throw e
    const instead =
      platform === 'cuda'
        ? 'Without --platform cuda, the CPU is taken where CUDA does not work.'
        : 'Without it, graphs run on TensorFlow.js, more slowly: --engine tfjs.'
    throw new DataError(`${e.message} ${instead}`)
  }
}

/** The same for a command: what there is to say goes among its events. */
export function openBackendFor(
  { cacheDir, emit }: EngineContext,
  { engine, platform, devices }: DeviceOptions & { readonly engine: EngineName },
): Promise<Backend> {
  const log = (level: 'info' | 'warning') => (message: string) => emit({ type: 'log', level, message })
  return openBackend(engine, { cacheDir, warn: log('warning'), say: log('info'), platform, devices })
}

async function openTfjs({ cacheDir, warn, say }: OpenOptions): Promise<Backend> {
  try {
    const backend = await createTfjsBackend({ cacheDir, warn })
    const { computes, kind, version } = backend.loaded
    const faster = kind === 'wasm' || kind === 'cpu' ? ' "npm run setup:tfjs-node" sets up a faster one.' : ''
    say?.(`TensorFlow.js ${version} computes with ${computes}.${faster}`)
    return backend
  } catch (e) {
    if (!(e instanceof TfjsError)) throw e
    throw new DataError(e.message)
  }
}
