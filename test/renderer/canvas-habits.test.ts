import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import { registry } from '../../src/nodes/index.ts'
import { linksOf } from '../../src/renderer/canvas/links.ts'
import { createCanvasModel } from '../../src/renderer/canvas/model.ts'
import { placesOf, shiftOf } from '../../src/renderer/canvas/paste-places.ts'
import { faultInText, readCopied } from '../../src/renderer/canvas/read-text.ts'
import { searchNodes } from '../../src/renderer/canvas/search.ts'
import { chordOf } from '../../src/renderer/commands/chord.ts'
import { clip, clipSchemas, node, withNode } from '../graph/fixtures.ts'

const graph = readFileSync('graphs/clip-emoji.json', 'utf8')

describe('what is pasted', () => {
  it('stands apart where its graph names no places, as one from a chat', () => {
    const { view: _view, lock: _lock, ...bare } = JSON.parse(graph)
    const places = placesOf(readCopied(JSON.stringify(bare))!)
    expect(Object.keys(places)).toEqual(Object.keys(bare.nodes))
    expect(new Set(Object.values(places).map(String)).size).toBe(Object.keys(bare.nodes).length)
  })

  it('never hides what was pasted before', () => {
    const view = { x: 0, y: 0, width: 1000, height: 800 }
    expect(shiftOf([[100, 100]], undefined, view, [[100, 100]])).toEqual([32, 32])
    const twice = [
      [100, 100],
      [132, 132],
    ] as const
    expect(shiftOf([[100, 100]], undefined, view, twice)).toEqual([64, 64])
  })

  it('is in sight: where a person points, else in the middle when the originals are far off', () => {
    const view = { x: 5000, y: 5000, width: 1248, height: 940 }
    expect(shiftOf([[100, 100]], [300, 50], view, [])).toEqual([200, -50])
    expect(shiftOf([[100, 100]], undefined, view, [])).toEqual([5400, 5300])
  })

  it('says what is wrong with a graph that is not even JSON', () => {
    const text = `Here:\n\`\`\`json\n${graph.replace('"nodes": {', '"nodes": {,')}\n\`\`\``
    expect(readCopied(text)).toBeNull()
    expect(faultInText(text)?.message).toMatch(/^not JSON/)
  })
})

describe('searching', () => {
  const first = (query: string) => searchNodes(query, [...registry.values()])[0]?.type

  it('finds words in any order, and those that go on after a name', () => {
    expect(first('emoji dataset')).toBe('data.emoji')
    expect(first('normalise layer')).toBe('layer.normalize')
    expect(first('emoji zzzz')).toBeUndefined()
  })
})

describe('wiring from the keyboard', () => {
  it('offers free inputs first, and names the wire that another would replace', () => {
    const doc = withNode(clip(), 'head', node('layer.projection', { size: 8 }))
    const checked = checkGraph(doc, registry, clipSchemas)
    const { nodes } = createCanvasModel()(
      { document: doc, checked, faults: new Map(), registry, marks: {} },
      { nodes: [], wire: null },
    )
    const cards = nodes.map(n => n.data)
    const links = linksOf(doc, cards.find(c => c.id === 'head')!, cards)
    expect(links[0]).toMatchObject({ node: 'head', port: 'input' })
    const taken = links.filter(link => link.text.includes(', in place of '))
    expect(taken.length).toBeGreaterThan(0)
    expect(links.slice(-taken.length)).toEqual(taken)
    // One's own free input never comes after a wire that would be lost.
    expect(links.findLastIndex(link => link.node === 'head')).toBeLessThan(links.indexOf(taken[0]!))
  })
})

describe('a wire from a node of a type that nobody knows', () => {
  it('is not said to be read for ever', () => {
    const magic = withNode(clip(), 'magic', node('vendor.magic', {}, { x: 'vision.pooled' }))
    const doc = withNode(magic, 'after', node('layer.normalize', {}, { input: 'magic.y' }))
    const checked = checkGraph(doc, registry, clipSchemas)
    const { edges } = createCanvasModel()(
      { document: doc, checked, faults: new Map(), registry, marks: {} },
      { nodes: [], wire: null },
    )
    expect(edges.find(edge => edge.source === 'magic')?.data?.word).toBe('not known')
    // Columns that are being read are.
    const reading = checkGraph(doc, registry, {
      'train_emoji.dataset': { state: 'pending' },
      'test_emoji.dataset': { state: 'pending' },
    })
    const pending = createCanvasModel()(
      { document: doc, checked: reading, faults: new Map(), registry, marks: {} },
      { nodes: [], wire: null },
    ).edges
    const word = (source: string) => pending.find(edge => edge.source === source)?.data?.word
    expect([word('batch'), word('vision'), word('logits')]).toEqual(['reading…', 'reading…', 'reading…'])
  })
})

describe('keys', () => {
  it('are where they are, whatever alphabet the keyboard writes', () => {
    const bare = { ctrlKey: true, metaKey: false, shiftKey: false, altKey: false }
    expect(chordOf({ ...bare, key: 'я', code: 'KeyZ' })).toBe('Ctrl+Z')
    expect(chordOf({ ...bare, ctrlKey: false, key: 'с', code: 'KeyC' })).toBe('C')
    // A Latin letter counts as it is written: on a French keyboard Z is where W is elsewhere.
    expect(chordOf({ ...bare, key: 'z', code: 'KeyW' })).toBe('Ctrl+Z')
  })
})
