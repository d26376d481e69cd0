import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { scenesSchema } from '../../src/data/scenes/dataset.ts'
import { checkGraph, type Schemas } from '../../src/graph/check.ts'
import { type GraphDocument, wiresOf } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { ScenesOptions } from '../../src/graph/scenes.ts'
import { registry } from '../../src/nodes/index.ts'

const folder = new URL('../../graphs/contrastive/', import.meta.url)
const read = (name: string): GraphDocument =>
  parseGraph(readFileSync(new URL(`${name}.json`, folder), 'utf8')).document!
const names = readdirSync(folder).flatMap(file => (file.endsWith('.json') ? [file.slice(0, -5)] : []))

const ofType = (document: GraphDocument, type: string) =>
  Object.entries(document.nodes).flatMap(([id, node]) => (node.type === type ? [{ id, ...node }] : []))

/** What the engine would find out about the scenes of a graph. */
const schemasOf = (document: GraphDocument): Schemas =>
  Object.fromEntries(
    ofType(document, 'data.scenes').map(({ id, params }) => {
      const p = registry.get('data.scenes')!.params.parse(params) as unknown as ScenesOptions & {
        rows: ScenesOptions['form']
      }
      return [`${id}.dataset`, { state: 'known', schema: scenesSchema({ ...p, form: p.rows }) }]
    }),
  )

describe.each(names)('graphs/contrastive/%s.json', name => {
  const document = read(name)

  test('says what it is about, and its bars what they claim', () => {
    expect(document.meta.about).toBeTruthy()
    const [note] = ofType(document, 'note')
    expect(String(note?.params.text).length).toBeGreaterThan(300)
    for (const { params } of ofType(document, 'evaluation.bar')) expect(params.claim).toMatch(/^[A-Z].{20}/)
  })

  test('has a place on the canvas for every node', () => {
    expect(Object.keys(document.view).sort()).toEqual(Object.keys(document.nodes).sort())
  })

  test('whatever compares two Trains compares ones that saw the same batches', () => {
    const trainOf = (wire: string): string | undefined => {
      const node = document.nodes[wire.slice(0, wire.lastIndexOf('.'))]!
      if (node.type === 'train') return wire.slice(0, wire.lastIndexOf('.'))
      const next = wiresOf(node.in.weights ?? node.in.curve)[0]
      return next && trainOf(next)
    }
    const orderOf = (id: string): string => {
      const { params, in: wires } = document.nodes[id]!
      const [start] = wiresOf(wires.weights)
      // A later stage goes on from an earlier one, whose order is what counts.
      if (start) return orderOf(trainOf(start)!)
      return (params.pairedWith as { $node: string } | undefined)?.$node ?? id
    }
    for (const { id, in: wires } of ofType(document, 'evaluation.bar')) {
      const arms = [wires.a, wires.b].flatMap(w => wiresOf(w).flatMap(wire => trainOf(wire) ?? []))
      expect(new Set(arms.map(orderOf)).size, id).toBeLessThanOrEqual(1)
    }
  })
})

describe('the graphs on scenes', () => {
  test.each(['clip', 'siglip', 'flip'])('%s has no diagnostics', name => {
    const document = read(name)
    expect(checkGraph(document, registry, schemasOf(document)).diagnostics).toEqual([])
  })
})
