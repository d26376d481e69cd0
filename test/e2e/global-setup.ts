import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from './find-chromium.ts'

interface SetUpScript {
  setUp(wanted: { page: boolean; plugin: boolean; log: (line: string) => void }): Promise<void>
}

/**
 * Builds what the tests look at, and finds the browser, once before the workers start; they get both through the
 * environment. What they pack and compile is shared, and removed at the end.
 */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const script = new URL('../../scripts/setup/all.mjs', import.meta.url).href
  const { setUp } = (await import(script)) as SetUpScript
  await setUp({ page: true, plugin: false, log: line => console.log(line) })
  const found = await findChromium()
  process.env.DIPTYCH_E2E_CHROMIUM = JSON.stringify(found)
  console.log('missing' in found ? found.missing : `Chromium: ${found.path} (from ${found.from})`)
  const cache = await mkdtemp(join(tmpdir(), 'diptych-e2e-cache-'))
  process.env.DIPTYCH_E2E_CACHE = cache
  return () => rm(cache, { recursive: true, force: true })
}
