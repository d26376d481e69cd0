import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { scenesSchema } from '../../src/data/scenes/dataset.ts'
import { checkGraph, type Schemas } from '../../src/graph/check.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { ScenesOptions } from '../../src/graph/scenes.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { registry } from '../../src/nodes/index.ts'

const textOf = (name: string) =>
  readFileSync(new URL(`../../graphs/contrastive/${name}.json`, import.meta.url), 'utf8')

/** What the engine would find out about the scenes of a graph. */
const schemasOf = (document: GraphDocument): Schemas =>
  Object.fromEntries(
    Object.entries(document.nodes).flatMap(([id, { type, params }]) => {
      if (type !== 'data.scenes') return []
      const p = registry.get(type)!.params.parse(params) as unknown as ScenesOptions & {
        rows: ScenesOptions['form']
      }
      return [[`${id}.dataset`, { state: 'known', schema: scenesSchema({ ...p, form: p.rows }) }] as const]
    }),
  )

describe.each(['constant-scorer', 'nce', 'negclip', 'negclip-finetune', 'pug-positions'])('%s', name => {
  const text = textOf(name)
  const document = parseGraph(text).document!

  test('has no diagnostics, and its text is the canonical one', () => {
    expect(checkGraph(document, registry, schemasOf(document)).diagnostics).toEqual([])
    expect(writeGraph(document)).toBe(text)
  })

  test('has a place on the canvas for every node, and none lies on another', () => {
    const places = Object.entries(document.view)
    expect(places.map(([id]) => id).sort()).toEqual(Object.keys(document.nodes).sort())
    // A card is 248 wide and at least 109 high.
    const close = places.flatMap(([a, [x, y]], i) =>
      places
        .slice(i + 1)
        .flatMap(([b, [u, v]]) => (Math.abs(x - u) < 248 && Math.abs(y - v) < 109 ? [`${a} ${b}`] : [])),
    )
    expect(close).toEqual([])
  })
})

test.each(['nce', 'negclip', 'negclip-finetune', 'pug-positions'])(
  'the arms of %s differ in their loss and in nothing else',
  name => {
    const { train, control } = parseGraph(textOf(name)).document!.nodes
    expect(control!.params).toEqual({ ...train!.params, pairedWith: { $node: 'train' } })
    expect({ ...control!.in, loss: train!.in.loss }).toEqual(train!.in)
    expect(control!.in.loss).not.toEqual(train!.in.loss)
  },
)
