import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chaos } from '../chaos/chaos.ts'
import { writeToyGraph } from '../chaos/graph.ts'
import { expect, found, sharedCache, test } from './workbench.ts'

const { DIPTYCH_CHAOS_KILLS, DIPTYCH_CHAOS_SEED, DIPTYCH_CHAOS_FIRST, DIPTYCH_TEST_LONG } = process.env
const kills = Number(DIPTYCH_CHAOS_KILLS ?? (DIPTYCH_TEST_LONG === '1' ? 300 : 30))
const seed = Number(DIPTYCH_CHAOS_SEED ?? 7)
const first = Number(DIPTYCH_CHAOS_FIRST ?? 1)

// Pictures of every moment would take longer than the moments.
test.use({ trace: 'off' })

const STEPS = 2000
const CHECKPOINT_EVERY = 100

test(`${kills} kills of the page, the browser, the host and the engine at random moments`, async ({
  noPlugin,
}, info) => {
  info.skip(noPlugin !== null, noPlugin ?? '')
  if ('missing' in found) return info.skip(true, found.missing)
  info.skip(process.platform !== 'linux', 'processes are found in /proc')
  info.setTimeout(kills * 60_000)
  const folder = await mkdtemp(join(tmpdir(), 'diptych-chaos-'))
  const graph = await writeToyGraph(folder, { train: { steps: STEPS, checkpointEvery: CHECKPOINT_EVERY } })
  const places = { cache: await sharedCache(), config: join(folder, 'config') }
  const began = Date.now()
  const log = (line: string) => console.log(`${((Date.now() - began) / 1000).toFixed(1)} s: ${line}`)
  const failure = info.outputPath('window')
  try {
    const counts = await chaos({ graph, folder, places, chromium: found, seed, kills, first, failure, log })
    log(JSON.stringify(counts))
    expect(counts.checkpoints, 'there was something to damage').toBeGreaterThan(0)
  } finally {
    if (!process.env.DIPTYCH_KEEP) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
