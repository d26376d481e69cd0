import { homedir } from 'node:os'
import { join } from 'node:path'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { createXlaBackend } from '../../src/runtime/pjrt/backend.ts'
import { findPlugin } from '../../src/runtime/pjrt/plugin.ts'

const cacheDir =
  process.env.DIPTYCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'diptych')

/** The XLA plugin of this machine, or the reason why there is none. */
export function xlaPlugin(): { readonly path: string } | { readonly missing: string } {
  try {
    return { path: findPlugin(cacheDir) }
  } catch (e) {
    return { missing: e instanceof Error ? e.message : String(e) }
  }
}

/** XLA on this machine's CPU; programs are compiled afresh. */
export const openXla = (plugin: string): Promise<Backend> =>
  createXlaBackend({ plugin, lower: lowerToStableHlo })
