import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Settings } from '../protocol/workbench.ts'
import { writeFileAtomicSync } from './disk.ts'

/** Where a person's settings are kept: a file for the browser mode, electron-store for the desktop window. */
export interface SettingsStore {
  read(): Settings
  /** Keeps what is given over what was; returns the whole. */
  write(change: Partial<Settings>): Settings
}

const DEFAULTS: Settings = { theme: 'system', recent: [], keys: {}, places: [], snapshotMegabytes: 512 }
export const MOST_RECENT = 20

const settings = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch(DEFAULTS.theme),
  recent: z.array(z.string()).catch([]),
  snapshotMegabytes: z.number().min(0).catch(DEFAULTS.snapshotMegabytes),
  keys: z.record(z.string(), z.array(z.string())).catch({}),
  places: z.array(z.string()).catch([]),
})

/** Settings as they can be trusted, whatever a file held. */
export function soundSettings(given: unknown): Settings {
  const parsed = settings.safeParse(given)
  return parsed.success ? parsed.data : DEFAULTS
}

/** A JSON file. A damaged one counts as none. */
export function fileSettings(path: string): SettingsStore {
  const read = (): Settings => {
    try {
      return soundSettings(JSON.parse(readFileSync(path, 'utf8')))
    } catch {
      return DEFAULTS
    }
  }
  return {
    read,
    write: change => {
      const next = soundSettings({ ...read(), ...change })
      writeFileAtomicSync(path, `${JSON.stringify(next, null, 2)}\n`)
      return next
    },
  }
}
