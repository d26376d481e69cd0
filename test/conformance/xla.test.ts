import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Backend } from '../../src/runtime/backend.ts'
import { edgeEntries } from './edge-cases.ts'
import { openXla, xlaPlugin } from './plugin.ts'
import { type Report, runAll } from './run-all.ts'
import { primitiveEntries } from './table.ts'

const plugin = xlaPlugin()
const entries = [...primitiveEntries, ...edgeEntries]

if ('missing' in plugin) {
  it.skip(`XLA conformance (skipped: ${plugin.missing})`, () => {})
} else {
  describe('XLA agrees with the reference', () => {
    let backend: Backend
    let report: Report
    beforeAll(async () => {
      backend = await openXla(plugin.path)
      report = await runAll(backend, entries)
    }, 120_000)
    afterAll(() => backend.close())

    it.each(entries.map(e => e.name))('%s', name => {
      expect(report.get(name)).toEqual([])
    })
  })
}
