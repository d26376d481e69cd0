import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Schemas } from '../../src/graph/check.ts'
import { type Diagnostic, showDiagnostic } from '../../src/graph/diagnostic.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { readJson } from '../../src/graph/json-source.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { checked, clip, clipSchemas, documentOf, emojiSchema, known, node, rewired } from './fixtures.ts'
import { MUTATION_KINDS, mutate, randomFrom } from './mutate.ts'

const SEED = 20240611
/** As many malformed files as the issue asks for. Mutations that leave a graph valid come on top. */
const COUNT = 500

const schemas: Schemas = {
  ...clipSchemas,
  'train_shuffled.dataset': known(emojiSchema),
}

/** The CLIP document with its image tower in a subgraph. */
function withTower(): GraphDocument {
  const { vision, image_projection, image_unit, ...rest } = clip().nodes
  const tower = {
    params: { width: 96 },
    in: ['image'],
    out: { embedding: 'unit.output' },
    nodes: {
      vit: { ...vision!, in: { image: '@image' } },
      projection: {
        ...image_projection!,
        params: { size: { $param: 'width' } },
        in: { input: 'vit.pooled' },
      },
      unit: { ...image_unit!, in: { input: 'projection.output' } },
    },
  }
  const doc = documentOf({ ...rest, tower: node('def:tower', {}, { image: 'batch.image' }) }, { tower })
  return rewired(doc, 'logits', { image: 'tower.embedding' })
}

const folder = new URL('../../graphs/', import.meta.url)
const files = existsSync(folder) ? readdirSync(folder).filter(f => f.endsWith('.json')) : []
const bases: readonly unknown[] = [
  JSON.parse(writeGraph(clip())),
  JSON.parse(writeGraph(withTower())),
  JSON.parse(
    writeGraph({ ...clip(), view: { vision: [1, 2] }, lock: { schemas: { 'a.dataset': emojiSchema } } }),
  ),
  ...files.map(f => JSON.parse(readFileSync(new URL(f, folder), 'utf8')) as unknown),
]

function diagnose(text: string): readonly Diagnostic[] {
  const { document, diagnostics } = parseGraph(text)
  return document ? checked(document, schemas).diagnostics : diagnostics
}

test('the graphs that are mutated are sound', () => {
  for (const base of bases) expect(diagnose(JSON.stringify(base))).toEqual([])
})

test(`${COUNT} malformed files: each fault names its place, none is a stack trace`, () => {
  const random = randomFrom(SEED)
  const kinds = new Map<string, number>()
  for (let malformed = 0; malformed < COUNT; ) {
    const { kind, text } = mutate(bases[Math.floor(random() * bases.length)], random)
    const found = diagnose(text)
    if (!found.some(d => d.severity === 'error')) continue
    malformed++
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    for (const d of found) {
      const line = showDiagnostic(d, 'graph.json')
      const place = d.node ?? d.line ?? d.field
      expect(place, `${kind} gave: ${line}`).toBeDefined()
      expect(line).not.toMatch(/\[object |\n|\bat \S+:\d+:\d+|Error:/)
      if (!text.includes('undefined')) expect(line).not.toContain('undefined')
      expect(line.length, line).toBeLessThan(1500)
      expect(d.message).not.toBe('')
    }
    // One slip must not bury its place under what follows from it.
    expect(found.length, `${kind}: ${found.map(d => showDiagnostic(d)).join('\n')}`).toBeLessThanOrEqual(40)
  }
  expect([...kinds.keys()].sort()).toEqual([...MUTATION_KINDS].sort())
})

test('what is accepted after a mutation can be written and read again', () => {
  const random = randomFrom(SEED + 1)
  for (let i = 0; i < 300; i++) {
    const { text } = mutate(bases[i % bases.length], random)
    const { document } = parseGraph(text)
    if (document) expect(parseGraph(writeGraph(document)).document).toEqual(document)
  }
})

test('exactly what JSON.parse refuses is called no JSON', () => {
  const random = randomFrom(SEED + 2)
  const parses = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  for (let i = 0; i < 400; i++) {
    const { text } = mutate(bases[0], random)
    const { diagnostics } = readJson(text)
    const refused = diagnostics?.some(d => d.code === 'DT001' && !d.message.includes('deeper')) ?? false
    const tooDeep = diagnostics?.some(d => d.message.includes('deeper')) ?? false
    if (!tooDeep && !text.startsWith('\uFEFF')) expect(refused, text.slice(0, 300)).toBe(!parses(text))
  }
})
