import { DataError } from '../data/error.ts'
import { lowerToStableHlo } from '../lower/stablehlo/lower.ts'
import type { EngineName } from '../protocol/engine-name.ts'
import type { Backend } from '../runtime/backend.ts'
import { createXlaBackend } from '../runtime/pjrt/backend.ts'
import { PluginError } from '../runtime/pjrt/error.ts'
import { createReferenceBackend } from '../runtime/reference/backend.ts'
import { createTfjsBackend } from '../runtime/tfjs/backend.ts'
import { TfjsError } from '../runtime/tfjs/error.ts'

/** Opens the backend that a run asked for. */
export async function openBackend(
  engine: EngineName,
  cacheDir: string,
  warn: (line: string) => void,
  say: (line: string) => void = () => {},
): Promise<Backend> {
  if (engine === 'reference') return createReferenceBackend()
  if (engine === 'tfjs') return openTfjs(cacheDir, warn, say)
  try {
    return await createXlaBackend({ cacheDir, lower: lowerToStableHlo, warn })
  } catch (e) {
    if (!(e instanceof PluginError)) throw e
    throw new DataError(`${e.message} Without it, graphs run on TensorFlow.js, more slowly: --engine tfjs.`)
  }
}

async function openTfjs(
  cacheDir: string,
  warn: (line: string) => void,
  say: (line: string) => void,
): Promise<Backend> {
  try {
    const backend = await createTfjsBackend({ cacheDir, warn })
    const { computes, kind, version } = backend.loaded
    const faster = kind === 'wasm' || kind === 'cpu' ? ' "npm run setup:tfjs-node" sets up a faster one.' : ''
    say(`TensorFlow.js ${version} computes with ${computes}.${faster}`)
    return backend
  } catch (e) {
    if (!(e instanceof TfjsError)) throw e
    throw new DataError(e.message)
  }
}
