import { DataError } from '../data/error.ts'
import { lowerToStableHlo } from '../lower/stablehlo/lower.ts'
import type { Backend } from '../runtime/backend.ts'
import { createXlaBackend } from '../runtime/pjrt/backend.ts'
import { PluginError } from '../runtime/pjrt/error.ts'
import { createReferenceBackend } from '../runtime/reference/backend.ts'

/** Opens the backend that a run asked for. */
export async function openBackend(
  engine: 'xla' | 'reference',
  cacheDir: string,
  warn: (line: string) => void,
): Promise<Backend> {
  if (engine === 'reference') return createReferenceBackend()
  try {
    return await createXlaBackend({ cacheDir, lower: lowerToStableHlo, warn })
  } catch (e) {
    if (!(e instanceof PluginError)) throw e
    throw new DataError(`${e.message} Without it, only toy graphs run, with --engine reference.`)
  }
}
