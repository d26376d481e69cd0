import { DataError } from '../data/error.ts'
import { lowerToStableHlo } from '../lower/stablehlo/lower.ts'
import type { Backend } from '../runtime/backend.ts'
import { createXlaBackend } from '../runtime/pjrt/backend.ts'
import { PluginError } from '../runtime/pjrt/error.ts'
import { createReferenceBackend } from '../runtime/reference/backend.ts'
import type { DeviceOptions } from './devices.ts'

/** Opens the backend that a run asked for. */
export async function openBackend(
  engine: 'xla' | 'reference',
  cacheDir: string,
  warn: (line: string) => void,
  { platform, devices }: DeviceOptions = {},
): Promise<Backend> {
  if (engine === 'reference') {
    if (platform !== undefined || (devices ?? 1) > 1)
      throw new DataError(
        'The reference backend has no devices to choose: leave out --platform and --devices.',
      )
    return createReferenceBackend()
  }
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
        : 'Without it, only toy graphs run, with --engine reference.'
    throw new DataError(`${e.message} ${instead}`)
  }
}
