import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { checkGraph } from '../../src/graph/check.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { registry } from '../../src/nodes/index.ts'
import { addableOf, addables } from '../../src/renderer/canvas/addable.ts'
import { align, type Box, distribute, inPlace } from '../../src/renderer/canvas/arrange.ts'
import { copyNodes, pasteNodes } from '../../src/renderer/canvas/clipboard.ts'
import { findNodes } from '../../src/renderer/canvas/find.ts'
import { frameOf, groupUnder, type PlacedNode } from '../../src/renderer/canvas/group-frames.ts'
import { faultInText, readCopied } from '../../src/renderer/canvas/read-text.ts'
import { flatWire, wireTypes } from '../../src/renderer/canvas/wire-types.ts'
import { clip, clipSchemas, node, rewired, withNode } from '../graph/fixtures.ts'

const box = (id: string, x: number, y: number, width = 100, height = 50): Box => ({
  id,
  at: [x, y],
  size: { width, height },
})
const TOWER = ['vision', 'image_projection', 'image_unit']
const withTower = (): GraphDocument => makeSubgraph(clip(), TOWER, 'tower').document

describe('arranging', () => {
  const boxes = [box('a', 0, 10), box('b', 300, 40, 60), box('c', 120, 90, 100, 80)]

  it('aligns edges and middles', () => {
    expect(align(boxes, 'left')).toEqual({ a: [0, 10], b: [0, 40], c: [0, 90] })
    expect(align(boxes, 'right')).toEqual({ a: [260, 10], b: [300, 40], c: [260, 90] })
    expect(align(boxes, 'middle')).toEqual({ a: [0, 65], b: [300, 65], c: [120, 50] })
    expect(align(boxes, 'bottom')).toEqual({ a: [0, 120], b: [300, 120], c: [120, 90] })
  })

  it('distributes what stands between the outermost', () => {
    expect(distribute(boxes, 0)).toEqual({ c: [150, 90] })
    expect(distribute(boxes.slice(0, 2), 0)).toEqual({})
    // Down, b stands between a and c.
    expect(distribute(boxes, 1)).toEqual({ b: [300, 50] })
  })

  it('keeps a layout where its nodes stood', () => {
    const placed = new Map([
      ['a', [-50, 7] as const],
      ['c', [50, 0] as const],
    ])
    expect(inPlace(placed, [boxes[0]!, boxes[2]!])).toEqual({ a: [0, 17], c: [100, 10] })
  })
})

describe('groups', () => {
  const at = (x: number, y: number): PlacedNode => ({
    internals: { positionAbsolute: { x, y } },
    measured: { width: 100, height: 50 },
  })
  const nodes = new Map([
    ['vision', at(0, 0)],
    ['text', at(200, 100)],
    ['logits', at(90, 60)],
    ['loss', at(900, 0)],
  ])

  it('are framed by their nodes, and take what is dragged into the frame', () => {
    expect(frameOf(['vision', 'text'], nodes)).toEqual({ x: -20, y: -54, width: 340, height: 224 })
    expect(frameOf(['nobody'], nodes)).toBeUndefined()
    const doc = {
      ...clip(),
      groups: { g: { title: 'G', colour: 'blue', nodes: ['vision', 'text'] } },
    } as const
    expect(groupUnder(doc, { id: 'logits' }, nodes)).toBe('g')
    expect(groupUnder(doc, { id: 'loss' }, nodes)).toBeUndefined()
    // One that is in a group already stays in it.
    expect(groupUnder(doc, { id: 'text' }, nodes)).toBeUndefined()
  })
})

describe('a text that is pasted', () => {
  const graph = readFileSync('graphs/clip-emoji.json', 'utf8')
  const ids = (text: string) => Object.keys(readCopied(text)?.nodes ?? {})
  const all = Object.keys(JSON.parse(graph).nodes)

  it.each([
    ['alone', graph],
    ['in a code fence', `Here you are:\n\n\`\`\`json\n${graph}\n\`\`\`\nIt {should} work.`],
    ['between words', `Sure {!} "quoted" ${graph} and "more" }`],
    ['after other JSON', `{"a": 1}\n\`\`\`\n{"b": {"format": "x"}}\n\`\`\`\n${graph}`],
  ])('is a graph %s', (_, text) => {
    expect(ids(text)).toEqual(all)
  })

  it('says what is wrong with a graph that can’t be read', () => {
    const broken = graph.replace('"type": "encoder.vit"', '"kind": "encoder.vit"')
    expect(readCopied(broken)).toBeNull()
    expect(faultInText(`Look: ${broken}`)).toMatchObject({ code: 'DT002' })
    expect(faultInText('no graph at all {"a": 1}')).toBeUndefined()
  })

  it('brings the subgraphs of its nodes along', () => {
    const doc = withTower()
    const text = copyNodes(doc, ['tower'], () => [0, 0])
    const copied = readCopied(`> ${text}`)!
    expect(Object.keys(copied.defs)).toEqual(['tower'])
    const pasted = pasteNodes(doc, copied, at => at, 'Paste')!
    expect(applyCommand(doc, pasted.command).document.nodes.tower_2!.type).toBe('def:tower')
  })

  it('brings along the groups that are copied whole', () => {
    const group = { title: 'Units', colour: 'red', nodes: ['image_unit', 'text_unit'] } as const
    const doc: GraphDocument = { ...clip(), groups: { units: group } }
    const copied = readCopied(copyNodes(doc, ['vision', 'image_unit', 'text_unit'], () => [0, 0]))!
    const pasted = pasteNodes(doc, copied, at => at, 'Paste')!
    expect(applyCommand(doc, pasted.command).document.groups).toEqual({
      units: group,
      units_2: { ...group, nodes: ['image_unit_2', 'text_unit_2'] },
    })
    expect(readCopied(copyNodes(doc, ['image_unit'], () => [0, 0]))!.groups).toBeUndefined()
  })
})

describe('finding', () => {
  it('looks at titles, ids, types and values, in subgraphs too', () => {
    const doc = withNode(withTower(), 'loss', { title: 'The contrast' })
    const paths = (query: string) => findNodes(doc, query, registry).map(f => f.path)
    expect(paths('contrast')[0]).toBe('loss')
    expect(paths('text_proj')[0]).toBe('text_projection')
    expect(paths('adamw')[0]).toBe('adamw')
    expect(paths('patch 8')).toEqual(['tower/vision'])
    expect(findNodes(doc, 'patch 8', registry)[0]!.param).toBe('patch 8')
    expect(paths('zzzzqq')).toEqual([])
    expect(paths('')).toContain('tower/image_unit')
  })
})

describe('what the checker never sees', () => {
  it('has types all the same: from reroutes, and from subgraphs in subgraphs', () => {
    const led = withNode(
      rewired(withTower(), 'logits', { image: 'turn.out' }),
      'turn',
      node('reroute', {}, { in: 'tower.output' }),
    )
    const twice = makeSubgraph(led, ['tower'], 'outer').document
    const { ok, types } = checkGraph(twice, registry, clipSchemas)
    expect(ok).toBe(true)
    const all = wireTypes(twice, types)
    const type = types.get('outer/tower/image_unit.output')
    expect(type).toBeDefined()
    for (const wire of ['outer.output', 'turn.out']) expect(all.get(wire)).toBe(type)
    expect(
      wireTypes(withNode(led, 'turn', { in: { in: 'turn.out' } }), types).get('turn.out'),
    ).toBeUndefined()
  })

  it('carries what a bypassed node passes on', () => {
    const doc = withTower()
    const { tower } = doc.defs
    const nodes = { ...tower!.nodes, image_unit: { ...tower!.nodes.image_unit!, mode: 'bypassed' as const } }
    const off = { ...doc, defs: { tower: { ...tower!, nodes } } }
    const { types } = checkGraph(off, registry, clipSchemas)
    expect(types.get('tower/image_unit.output')).toBeUndefined()
    expect(wireTypes(off, types).get('tower.output')).toBe(types.get('tower/image_projection.output'))
  })

  it('is watched where its numbers are made', () => {
    const led = withNode(
      rewired(withTower(), 'logits', { image: 'turn.out' }),
      'turn',
      node('reroute', {}, { in: 'tower.output' }),
    )
    const twice = makeSubgraph(led, ['tower'], 'outer').document
    const { types } = checkGraph(twice, registry, clipSchemas)
    const made = 'outer/tower/image_unit.output'
    for (const wire of ['outer.output', 'turn.out']) expect(flatWire(twice, types, [], wire)).toBe(made)
    expect(flatWire(twice, types, ['outer'], 'tower.output')).toBe(made)
    expect(flatWire(twice, types, ['outer', 'tower'], 'image_unit.output')).toBe(made)
    expect(flatWire(twice, types, ['outer', 'tower'], '@in.image')).toBe('batch.image')
    expect(flatWire(twice, types, [], 'batch.image')).toBe('batch.image')
    expect(flatWire(twice, types, ['outer', 'gone'], 'image_unit.output')).toBeUndefined()
  })

  it('can be added: reroutes anywhere, subgraphs where they fit', () => {
    const doc = withTower()
    const { types } = checkGraph(clip(), registry, clipSchemas)
    const tower = addableOf('def:tower', doc)!
    expect(addables(doc)).toHaveLength(registry.size + 2)
    expect(tower.takes(types.get('batch.image')!)).toEqual(['image'])
    expect(tower.takes(types.get('batch.caption')!)).toEqual([])
    expect(tower.gives(registry.get('layer.normalize')!.inputs.input!.accepts)).toEqual(['output'])
    expect(tower.gives({ kind: 'record', record: 'loss' })).toEqual([])
    expect(addableOf('reroute', doc)!.takes(types.get('train_emoji.dataset')!)).toEqual(['in'])
    expect(addableOf('def:nothing', doc)).toBeUndefined()
  })
})
