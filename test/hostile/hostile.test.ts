import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildTable } from '../../src/data/build.ts'
import { filterTable } from '../../src/data/sql/filter.ts'
import { showDiagnostic } from '../../src/graph/diagnostic.ts'
import type { Result } from '../../src/protocol/messages.ts'
import { LiveEngine } from '../engine/live.ts'
import { layCanary } from './canary.ts'
import { type Hostile, hostileGraphs, KINDS } from './graphs.ts'
import { QUERIES } from './payloads.ts'

const SEED = 7
const COUNT = 200
/** However large or deep a file is, an answer takes no longer. */
const MOST_MS = 10_000

let home = ''
let canary: Awaited<ReturnType<typeof layCanary>>
let graphs: readonly Hostile[] = []
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'diptych-hostile-'))
  canary = await layCanary(home)
  graphs = hostileGraphs(SEED, COUNT, canary)
})
afterAll(() => rm(home, { recursive: true, force: true }))

describe(`${COUNT} hostile graph files`, () => {
  test('are the same for a seed, and of every kind', () => {
    expect(hostileGraphs(SEED, COUNT, canary)).toEqual(graphs)
    expect(new Set(graphs.map(g => g.text)).size).toBeGreaterThan(0.75 * COUNT)
    expect(new Set(graphs.map(g => g.kind))).toEqual(new Set(KINDS))
  })

  test('are checked without a look outside their folder, each fault in words', async () => {
    const before = await readdir(canary.outside)
    const engine = new LiveEngine(join(home, 'cache'))
    for (const { name, text } of graphs) {
      const file = join(canary.graphs, name)
      const begun = performance.now()
      const result = await engine.ask({ type: 'check', graph: { text, file, overrides: [] }, places: [] })
        .result
      expect(performance.now() - begun, name).toBeLessThan(MOST_MS)
      expect(result.type, `${name}: ${said(result)}`).toBe('checked')
      expect(said(result), name).not.toContain(canary.secret)
      const diagnostics = result.type === 'checked' ? result.diagnostics : []
      expect(diagnostics.length, name).toBeLessThanOrEqual(1001)
      for (const d of diagnostics) {
        expect(d.message, name).not.toBe('')
        expect(showDiagnostic(d, name), name).not.toMatch(/\[object |\bat \S+:\d+:\d+|undefined/)
      }
    }
    expect(await readdir(canary.outside)).toEqual(before)
    for (const prototype of [Object.prototype, Array.prototype, Function.prototype])
      expect('polluted' in prototype).toBe(false)
  }, 120_000)
})

test('with leave, and only there, the same files are looked at', async () => {
  const engine = new LiveEngine(join(home, 'cache'))
  const node = (path: string) => ({ type: 'data.records', v: 1, params: { path } })
  const nodes = { a: node('../outside/canary.csv'), b: node('link/canary.jsonl'), c: node('inside.csv') }
  const text = JSON.stringify({ format: 'diptych-graph', version: 1, meta: { title: '' }, nodes })
  const file = join(canary.graphs, 'g.json')
  await writeFile(file, text)
  const look = async (places?: readonly string[]) => {
    const ask = { type: 'check', graph: { text, file, overrides: [] }, places } as const
    const result = await engine.ask(ask).result
    if (result.type !== 'checked') throw new Error(said(result))
    return result
  }
  const inside = await look([])
  expect(Object.keys(inside.schemas)).toEqual(['c.dataset'])
  expect(inside.unreadable['a.dataset']).toMatch(/outside" lies outside the folder of this graph/)
  expect(Object.keys((await look([join(canary.outside, 'canary.csv')])).schemas).sort()).toEqual([
    'c.dataset',
  ])
  expect(Object.keys((await look([canary.outside])).schemas).sort()).toEqual([
    'a.dataset',
    'b.dataset',
    'c.dataset',
  ])
  expect(Object.keys((await look()).schemas)).toHaveLength(3)
})

test('SQL that reaches out is refused before it is run', async () => {
  const table = buildTable({
    fields: { caption: { kind: 'text' } },
    columns: { caption: { kind: 'text', values: [['x']] } },
    ids: ['1'],
  })
  for (const query of QUERIES(canary))
    await expect(filterTable(table, query), query).rejects.toThrow(/The SQL/)
  expect((await readdir(canary.outside)).filter(name => name.startsWith('written'))).toEqual([])
})

const said = (result: Result): string => JSON.stringify(result)
