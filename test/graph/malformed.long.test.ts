import { expect, test } from 'vitest'
import { showDiagnostic } from '../../src/graph/diagnostic.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { checked, clip } from './fixtures.ts'
import { mutate, randomFrom } from './mutate.ts'

const COUNT = 20_000

test(`${COUNT} malformed graphs, some mutated many times: each is named, none throws`, {
  timeout: 600_000,
}, () => {
  const random = randomFrom(31)
  const base = JSON.parse(writeGraph(clip())) as unknown
  for (let i = 0; i < COUNT; i++) {
    let { text } = mutate(base, random)
    for (let more = Math.floor(random() * 4); more > 0; more--) {
      try {
        text = mutate(JSON.parse(text), random).text
      } catch {
        // It is no JSON any more.
        break
      }
    }
    const { document, diagnostics } = parseGraph(text)
    for (const d of document ? checked(document).diagnostics : diagnostics) {
      const line = showDiagnostic(d, 'graph.json')
      expect(d.node ?? d.line ?? d.field, line).toBeDefined()
      expect(line).not.toMatch(/\[object |\n|\bat \S+:\d+:\d+|Error:/)
    }
    if (document) expect(parseGraph(writeGraph(document)).document).toEqual(document)
  }
})
