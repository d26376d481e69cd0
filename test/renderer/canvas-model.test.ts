import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkGraph, type Schemas } from '../../src/graph/check.ts'
import type { GraphDocument, NodeJson } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { registry } from '../../src/nodes/index.ts'
import { copyNodes, pasteNodes } from '../../src/renderer/canvas/clipboard.ts'
import { freshId, stemOf } from '../../src/renderer/canvas/ids.ts'
import { layeredLayout, placeAll, ranks } from '../../src/renderer/canvas/layout.ts'
import { linksOf } from '../../src/renderer/canvas/links.ts'
import {
  type CanvasModel,
  type CardNode,
  cardLabel,
  createCanvasModel,
  type ModelInput,
  sizeOfCard,
} from '../../src/renderer/canvas/model.ts'
import { inputsThatFit, outputsOf, outputsThatFit } from '../../src/renderer/canvas/probe.ts'
import { readCopied } from '../../src/renderer/canvas/read-text.ts'
import { firstSentence, searchNodes } from '../../src/renderer/canvas/search.ts'
import { briefShape, shapeOf } from '../../src/renderer/canvas/wire-kind.ts'
import { listShift, wirePath } from '../../src/renderer/canvas/wire-path.ts'
import { beginWiring, cardMood, moodOf } from '../../src/renderer/canvas/wiring.ts'
import { faultsByNode, stable } from '../../src/renderer/state/stable.ts'
import type { Selection } from '../../src/renderer/state/types.ts'

const clip = parseGraph(readFileSync('graphs/clip-emoji.json', 'utf8')).document!
const schema = {
  rows: 3338,
  fields: {
    image: { kind: 'image' },
    caption: { kind: 'text', variants: true },
    group: { kind: 'category', classes: ['a', 'b'] },
  },
} as const
const KNOWN: Schemas = {
  'train_emoji.dataset': { state: 'known', schema },
  'test_emoji.dataset': { state: 'known', schema },
}
const NOTHING: Selection = { nodes: [], wire: null }

const inputOf = (document: GraphDocument, schemas = KNOWN): ModelInput => {
  const checked = checkGraph(document, registry, schemas)
  return { document, checked, faults: faultsByNode(checked.diagnostics), registry, marks: {} }
}
const modelOf = (document: GraphDocument, schemas = KNOWN, selection = NOTHING): CanvasModel =>
  createCanvasModel()(inputOf(document, schemas), selection)
const withNodes = (changes: Record<string, Partial<NodeJson> | undefined>): GraphDocument => {
  const nodes: Record<string, NodeJson> = { ...clip.nodes }
  for (const [id, change] of Object.entries(changes))
    if (change) nodes[id] = { type: 'note', v: 1, params: {}, in: {}, ...nodes[id], ...change }
    else delete nodes[id]
  return { ...clip, nodes }
}
const card = (model: CanvasModel, id: string): CardNode['data'] => model.nodes.find(n => n.id === id)!.data
const port = (model: CanvasModel, id: string, side: 'inputs' | 'outputs', name: string) =>
  card(model, id)[side].find(p => p.name === name)!
const wire = (model: CanvasModel, id: string) => model.edges.find(e => e.id === id)!.data!

describe('the model of a sound graph', () => {
  const model = modelOf(clip)

  it('has a card for every node and an edge for every wire', () => {
    expect(model.nodes.map(n => n.id).sort()).toEqual(Object.keys(clip.nodes).sort())
    const wires = Object.values(clip.nodes).flatMap(n => Object.values(n.in).flat())
    expect(model.edges).toHaveLength(wires.length)
    expect(model.edges.every(e => e.data!.state === 'sound')).toBe(true)
  })

  it('shows one port for each column of a Batch, with its named shape', () => {
    expect(card(model, 'batch').outputs.map(p => p.name)).toEqual(['image', 'caption', 'group'])
    expect(port(model, 'batch', 'outputs', 'image')).toMatchObject({
      kind: 'float',
      shape: '[b 128, h 64, w 64, c 3]',
      carries: 'float[batch 128, height 64, width 64, channel 3]',
    })
    expect(port(model, 'vision', 'outputs', 'pooled').shape).toBe('[batch 128, width 128]')
  })

  it('colours wires by what they carry', () => {
    expect(wire(model, 'batch.caption>text.text')).toMatchObject({ kind: 'tok', word: 'token ids' })
    expect(wire(model, 'logits.pairs>loss.pairs').kind).toBe('pairs')
    expect(wire(model, 'train_emoji.dataset>batch.dataset')).toMatchObject({
      kind: 'dataset',
      shape: '3,338 rows · 3 columns',
    })
  })

  it('names cards and wires for people who hear them', () => {
    expect(cardLabel(card(model, 'vision'))).toBe('ViT image encoder, vision, encoder')
    expect(model.edges.find(e => e.id === 'vision.pooled>image_projection.input')!.ariaLabel).toBe(
      'Wire from ViT image encoder pooled to Linear projection input',
    )
  })

  it('says the first settings in the order of the node', () => {
    const params = { heads: 2, width: 64, causal: false, trainable: true }
    expect(card(modelOf(withNodes({ text: { params } })), 'text').settings).toBe(
      'width 64 · heads 2 · no causal',
    )
    const many = { ...params, depth: 3, mlpRatio: 2 }
    expect(card(modelOf(withNodes({ text: { params: many } })), 'text').settings).toBe(
      'width 64 · depth 3 · heads 2 · mlpRatio 2 …',
    )
  })
})

describe('a graph that is not sound', () => {
  it('marks a wrong wire and both ends of the message', () => {
    const model = modelOf(withNodes({ loss: { in: { pairs: 'vision.pooled' } } }))
    const data = wire(model, 'vision.pooled>loss.pairs')
    expect(data.state).toBe('faulty')
    expect(data.fault!.message).toBe('the input takes pairs, the wire carries float[batch 128, width 128]')
    expect(port(model, 'loss', 'inputs', 'pairs').fault).toEqual(data.fault)
    expect(cardLabel(card(model, 'loss'))).toBe('InfoNCE, loss, objective, 1 fault')
  })

  it('keeps the ports and wires of a node type that nobody knows', () => {
    const odd = { type: 'encoder.resnet', v: 1, params: { depth: 50 }, in: { image: 'batch.image' } }
    const model = modelOf(withNodes({ vision: odd }))
    expect(card(model, 'vision')).toMatchObject({
      kind: 'missing',
      category: 'missing',
      title: 'encoder.resnet',
    })
    expect(card(model, 'vision').inputs.map(p => p.name)).toEqual(['image'])
    expect(card(model, 'vision').outputs.map(p => p.name)).toEqual(['pooled'])
    expect(model.edges.filter(e => e.source === 'vision' || e.target === 'vision')).toHaveLength(2)
  })

  it('shows wires as reading while the columns are not known', () => {
    const model = modelOf(clip, {})
    expect(wire(model, 'train_emoji.dataset>batch.dataset').state).toBe('reading')
    expect(wire(model, 'batch.image>vision.image')).toMatchObject({ state: 'reading', kind: 'unknown' })
    expect(card(model, 'batch').pending).toBe(true)
    expect(card(model, 'batch').outputs.map(p => p.name)).toEqual(['image', 'caption'])
  })

  it('shows the ports of a node before anything is wired to it', () => {
    const model = modelOf(withNodes({ fresh: { type: 'encoder.vit', params: {}, in: {} } }))
    expect(card(model, 'fresh').outputs.map(p => [p.name, p.kind])).toEqual([
      ['feat', 'feat'],
      ['pooled', 'float'],
    ])
    expect(port(model, 'fresh', 'inputs', 'image').fault!.code).toBe('DT021')
  })

  it('marks of a list only the wires that do not fit, and numbers them', () => {
    const model = modelOf(
      withNodes({ train: { in: { ...clip.nodes.train!.in, loss: ['loss.loss', 'logits.pairs'] } } }),
    )
    expect(wire(model, 'loss.loss>train.loss')).toMatchObject({ state: 'sound', order: 1, of: 2 })
    expect(wire(model, 'logits.pairs>train.loss')).toMatchObject({ state: 'faulty', order: 2, of: 2 })
  })

  it('marks frozen nodes and shared weights', () => {
    const params = { trainable: false, sharedWith: { $node: 'image_projection' } }
    const data = card(modelOf(withNodes({ text_projection: { params } })), 'text_projection')
    expect(data).toMatchObject({
      frozen: true,
      sharedWith: 'image_projection',
      averageOf: null,
      settings: '',
    })
  })

  it('draws no wire from a node that is not there, and says so at the port', () => {
    const model = modelOf(withNodes({ schedule: undefined }))
    expect(model.edges.some(e => e.id.startsWith('schedule'))).toBe(false)
    expect(port(model, 'adamw', 'inputs', 'schedule').fault!.code).toBe('DT022')
  })

  it('reads columns with any name', () => {
    const fields = { ...schema.fields, 'a "b" c.d': { kind: 'int' } } as const
    const model = modelOf(clip, { ...KNOWN, 'train_emoji.dataset': { state: 'known', schema: { fields } } })
    expect(card(model, 'batch').outputs.map(p => p.name)).toContain('a "b" c.d')
  })
})

describe('the same objects for the same content', () => {
  it('makes anew only the cards that an edit changed', () => {
    const build = createCanvasModel()
    const first = inputOf(clip)
    const before = build(first, NOTHING)
    const document = withNodes({ text: { params: { ...clip.nodes.text!.params, width: 64 } } })
    const next = inputOf(document)
    const checked = stable(first.checked, next.checked)
    const after = build(
      { ...next, checked, faults: faultsByNode(checked.diagnostics, first.faults) },
      NOTHING,
    )
    const changed = after.nodes.filter((n, i) => n !== before.nodes[i]).map(n => n.id)
    expect(changed.sort()).toEqual(['text', 'text_projection'])
    expect(after.edges.filter((e, i) => e !== before.edges[i]).map(e => e.id)).toEqual([
      'text.pooled>text_projection.input',
    ])
  })

  it('keeps a card’s data when it is moved or selected', () => {
    const build = createCanvasModel()
    const input = inputOf(clip)
    const before = build(input, NOTHING)
    const document = { ...clip, view: { ...clip.view, vision: [9, 9] as const } }
    const after = build({ ...input, document }, { nodes: ['text'], wire: null })
    const changed = after.nodes.filter((n, i) => n !== before.nodes[i])
    expect(changed.map(n => n.id).sort()).toEqual(['text', 'vision'])
    expect(changed.every(n => before.nodes.some(old => old.data === n.data))).toBe(true)
    expect(after.nodes.find(n => n.id === 'vision')!.position).toEqual({ x: 9, y: 9 })
  })
})

describe('layout', () => {
  const sizes = (document: GraphDocument) => {
    const model = modelOf(document)
    return (id: string) => sizeOfCard(card(model, id))
  }
  const overlaps = (document: GraphDocument, places: ReadonlyMap<string, readonly [number, number]>) => {
    const size = sizes(document)
    const all = [...places]
    return all.flatMap(([a, [ax, ay]], i) =>
      all.slice(i + 1).flatMap(([b, [bx, by]]) => {
        const apart =
          ax + size(a).width <= bx ||
          bx + size(b).width <= ax ||
          ay + size(a).height <= by ||
          by + size(b).height <= ay
        return apart ? [] : [`${a} ${b}`]
      }),
    )
  }

  it('ranks by the longest path, also within a cycle', () => {
    const rank = ranks(clip)
    expect(rank.get('train_emoji')).toBe(0)
    expect(rank.get('batch')).toBe(2)
    expect(rank.get('train')).toBe(8)
    const cyclic = withNodes({ image_projection: { in: { input: 'image_embedding.output' } } })
    expect([...ranks(cyclic).keys()].sort()).toEqual(Object.keys(cyclic.nodes).sort())
  })

  it('puts every node after what it reads, and none over another', () => {
    const places = layeredLayout(clip, sizes(clip))
    for (const edge of modelOf(clip).edges)
      expect(places.get(edge.source)![0]).toBeLessThan(places.get(edge.target)![0])
    expect(overlaps(clip, places)).toEqual([])
  })

  it('leaves placed nodes where they are and finds room for the others', () => {
    const { vision: _, ...view } = clip.view
    const document = { ...clip, view }
    const places = placeAll(document, sizes(document))
    expect(places.get('text')).toEqual(clip.view.text)
    expect(overlaps(document, places)).toEqual([])
  })

  it.each([
    'clip-emoji',
    'clip-emoji-shuffled',
    'contrastive/clip',
    'contrastive/siglip',
    'contrastive/flip',
  ])('has no cards over each other in %s', name => {
    const { document } = parseGraph(readFileSync(`graphs/${name}.json`, 'utf8'))
    expect(overlaps(document!, new Map(Object.entries(document!.view)))).toEqual([])
  })
})

describe('wiring', () => {
  const model = modelOf(clip)
  const begin = (id: string, side: 'inputs' | 'outputs', name: string) =>
    beginWiring(clip, card(model, id), port(model, id, side, name), null)

  it('tells ports that fit from those that do not, both ways', () => {
    const pooled = begin('vision', 'outputs', 'pooled')
    expect(moodOf(pooled, 'text_projection', port(model, 'text_projection', 'inputs', 'input'))).toBe('fits')
    expect(moodOf(pooled, 'loss', port(model, 'loss', 'inputs', 'pairs'))).toBe('misfit')
    expect(moodOf(pooled, 'vision', port(model, 'vision', 'outputs', 'pooled'))).toBe('held')
    const pairs = begin('retrieval', 'inputs', 'pairs')
    expect(moodOf(pairs, 'logits', port(model, 'logits', 'outputs', 'pairs'))).toBe('fits')
    expect(moodOf(pairs, 'vision', port(model, 'vision', 'outputs', 'pooled'))).toBe('misfit')
    expect(cardMood(pairs, card(model, 'adamw'))).toBe('misfit')
  })

  it('does not offer a wire that would close a cycle', () => {
    const out = begin('image_embedding', 'outputs', 'output')
    expect(moodOf(out, 'image_projection', port(model, 'image_projection', 'inputs', 'input'))).toBe('misfit')
    expect(moodOf(out, 'text_projection', port(model, 'text_projection', 'inputs', 'input'))).toBe('fits')
  })

  it('lists what a node could be wired to', () => {
    const links = linksOf(
      clip,
      card(model, 'schedule'),
      model.nodes.map(n => n.data),
    )
    expect(links).toEqual([])
    const free = modelOf(withNodes({ adamw: { in: {} } }))
    const [link] = linksOf(
      clip,
      card(free, 'schedule'),
      free.nodes.map(n => n.data),
    )
    expect(link).toMatchObject({ from: 'schedule.schedule', node: 'adamw', port: 'schedule' })
  })

  it('knows which kinds of node take a wire or give one', () => {
    const pooled = model.nodes.find(n => n.id === 'vision')!.data.outputs[1]!.type!
    const takers = [...registry.values()].filter(def => inputsThatFit(def, pooled).length).map(d => d.type)
    expect(takers).toContain('layer.projection')
    expect(takers).not.toContain('objective.infoNCE')
    const givers = [...registry.values()].filter(
      def => outputsThatFit(def, { kind: 'record', record: 'tok' }).length,
    )
    expect(givers.map(d => d.type)).toEqual(['text.dropTokens', 'data.batch'])
  })

  it('knows outputs of every kind of node before it is wired', () => {
    for (const def of registry.values())
      expect([def.type, Object.keys(outputsOf(def)).length > 0]).toEqual([def.type, def.kind !== 'note'])
  })
})

describe('clipboard', () => {
  it('copies nodes under fresh ids, with the wires among them and from what is there', () => {
    const params = { size: 64, sharedWith: { $node: 'image_projection' } }
    const document = withNodes({ text_projection: { params } })
    const text = copyNodes(document, ['image_projection', 'text_projection', 'image_embedding'], () => [
      8, 16,
    ])
    const pasted = pasteNodes(document, readCopied(text)!, ([x, y]) => [x + 32, y + 32], 'Paste')!
    expect(pasted.ids).toEqual(['image_projection_2', 'text_projection_2', 'image_embedding_2'])
    const command = pasted.command
    if (command.type !== 'group') throw new Error('one edit')
    expect(command.commands[1]).toMatchObject({
      at: [40, 48],
      node: { params: { sharedWith: { $node: 'image_projection_2' } }, in: { input: 'text.pooled' } },
    })
    expect(command.commands[2]).toMatchObject({ node: { in: { input: 'image_projection_2.output' } } })
  })

  it('leaves out wires from nodes that this document does not have', () => {
    const text = copyNodes(clip, ['train'], () => [0, 0])
    const empty = { ...clip, nodes: {}, view: {} }
    const pasted = pasteNodes(empty, readCopied(text)!, at => at, 'Paste')!
    expect(pasted.command).toMatchObject({
      commands: [{ id: 'train', node: { in: { loss: [], optimizer: [] } } }],
    })
  })

  it.each([
    '',
    'hello',
    '{}',
    '{"format":"diptych-nodes"}',
    '{"format":"diptych-nodes","nodes":{"a":{"type":1}}}',
  ])('is not misled by %j', text => expect(readCopied(text)).toBeNull())
})

describe('words', () => {
  it('makes ids from types', () => {
    expect(stemOf('data.shuffleColumn')).toBe('shuffle_column')
    expect(stemOf('objective.infoNCE')).toBe('info_nce')
    expect(stemOf('def:tower')).toBe('tower')
    expect(freshId('vit', new Set(['vit', 'vit_2']))).toBe('vit_3')
    expect(freshId('vit_2', new Set(['vit', 'vit_2']))).toBe('vit_3')
  })

  it('finds nodes by title, type and documentation, the best first', () => {
    const all = [...registry.values()]
    expect(searchNodes('vit', all)[0]!.type).toBe('encoder.vit')
    expect(searchNodes('norm', all)[0]!.type).toBe('layer.normalize')
    expect(searchNodes('imgenc', all)[0]!.type).toBe('encoder.vit')
    expect(searchNodes('contrastive', all).map(d => d.type)).toContain('objective.infoNCE')
    expect(searchNodes('zzzz', all)).toEqual([])
    expect(searchNodes(' ', all)).toEqual(all)
  })

  it('says one sentence of a node without Markdown', () => {
    for (const def of registry.values()) expect(firstSentence(def.doc)).toMatch(/^[A-Z][^$`*\\]{8,}[.…]$/u)
  })

  it('shows shapes in full and in brief', () => {
    const pairs = modelOf(clip).nodes.find(n => n.id === 'logits')!.data.outputs[0]!.type
    expect(shapeOf(pairs)).toBe('[batch 128, batch′ 128]')
    expect(briefShape(pairs)).toBe('[b 128, b′ 128]')
  })

  it('curves from output to input, through the middle', () => {
    expect(wirePath(0, 0, 200, 100)).toEqual({ path: 'M0,0 C100,0 100,100 200,100', middle: [100, 50] })
    expect([1, 2, 3].map(n => listShift(n, 3))).toEqual([-14, 0, 14])
    // To a card below, through the gap between the two.
    expect(wirePath(248, 100, 0, 230).middle).toEqual([124, 144])
  })
})
