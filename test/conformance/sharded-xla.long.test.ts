import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import type { Backend } from '../../src/runtime/backend.ts'
import { createXlaBackend } from '../../src/runtime/pjrt/backend.ts'
import { edgeEntries } from './edge-cases.ts'
import { xlaPlugin } from './plugin.ts'
import { type Report, runAll } from './run-all.ts'
import { primitiveEntries } from './table.ts'

const plugin = xlaPlugin()
const entries = [...primitiveEntries, ...edgeEntries]

/** The same backend, with the rows of every argument split over its devices where their number divides them. */
const splitting = (backend: Backend): Backend => ({
  name: backend.name,
  fingerprint: backend.fingerprint,
  compile: program => backend.compile(program, { split: program.inputs.map((_, i) => i) }),
  upload: array => backend.upload(array, 'split'),
  close: () => backend.close(),
})

if ('missing' in plugin) {
  it.skip(`XLA on two devices (skipped: ${plugin.missing})`, () => {})
} else {
  describe('XLA on two devices agrees with the reference', () => {
    let backend: Backend
    let report: Report
    beforeAll(async () => {
      backend = splitting(
        await createXlaBackend({ plugin: plugin.path, deviceCount: 2, lower: lowerToStableHlo }),
      )
      report = await runAll(backend, entries)
    }, 600_000)
    afterAll(() => backend.close())

    it.each(entries.map(e => e.name))('%s', name => {
      expect(report.get(name)).toEqual([])
    })
  })
}
