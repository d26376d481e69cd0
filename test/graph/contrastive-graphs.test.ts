import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import { type GraphDocument, wiresOf } from '../../src/graph/document.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { registry } from '../../src/nodes/index.ts'
import { CONTRASTIVE, documentOf, sceneSchemas, textOf } from './bundled.ts'

const ofType = (document: GraphDocument, type: string) =>
  Object.entries(document.nodes).flatMap(([id, node]) => (node.type === type ? [{ id, ...node }] : []))

describe.each(CONTRASTIVE)('graphs/contrastive/%s.json', name => {
  const document = documentOf(name)

  test('says what it is about, and its bars what they claim', () => {
    expect(document.meta.about).toBeTruthy()
    const [note] = ofType(document, 'note')
    expect(String(note?.params.text).length).toBeGreaterThan(300)
    for (const { params } of ofType(document, 'evaluation.bar')) expect(params.claim).toMatch(/^[A-Z].{20}/)
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

  test('whatever compares two Trains compares ones that saw the same batches', () => {
    const trainOf = (wire: string): string | undefined => {
      const node = document.nodes[wire.slice(0, wire.lastIndexOf('.'))]!
      if (node.type === 'train') return wire.slice(0, wire.lastIndexOf('.'))
      const next = wiresOf(node.in.weights ?? node.in.curve)[0]
      return next && trainOf(next)
    }
    // A later stage goes on from an earlier one, whose order counts too.
    const ordersOf = (id: string): string[] => {
      const { params, in: wires } = document.nodes[id]!
      const [start] = wiresOf(wires.weights)
      const own = (params.pairedWith as { $node: string } | undefined)?.$node ?? id
      return [own, ...(start ? ordersOf(trainOf(start)!) : [])]
    }
    for (const { id, in: wires } of ofType(document, 'evaluation.bar')) {
      const arms = [wires.a, wires.b].flatMap(w => wiresOf(w).flatMap(wire => trainOf(wire) ?? []))
      const [first = [], ...others] = arms.map(ordersOf)
      const shared = first.filter(order => others.every(orders => orders.includes(order)))
      expect(arms.length === 0 || shared.length > 0, id).toBe(true)
    }
  })
})

/** These read files that only their user has, or pictures of emoji. */
const OWN_DATA = new Set(['nlvr', 'emoji'])

test.each(CONTRASTIVE.filter(name => !OWN_DATA.has(name)))(
  '%s has no diagnostics, and its text is the canonical one',
  name => {
    const document = documentOf(name)
    expect(checkGraph(document, registry, sceneSchemas(document)).diagnostics).toEqual([])
    expect(writeGraph(document)).toBe(textOf(name))
  },
)

test.each(['nce', 'negclip', 'negclip-finetune', 'pug-positions'])(
  'the arms of %s differ in their loss and in nothing else',
  name => {
    const { train, control } = documentOf(name).nodes
    expect(control!.params).toEqual({ ...train!.params, pairedWith: { $node: 'train' } })
    expect({ ...control!.in, loss: train!.in.loss }).toEqual(train!.in)
    expect(control!.in.loss).not.toEqual(train!.in.loss)
  },
)
