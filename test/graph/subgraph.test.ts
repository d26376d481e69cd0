import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { CommandFault } from '../../src/graph/command-fault.ts'
import type { GraphCommand } from '../../src/graph/commands.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { restoring } from '../../src/graph/restore.ts'
import { closeDef, openDef } from '../../src/graph/subgraph/boundary.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { renamePort } from '../../src/graph/subgraph/ports.ts'
import { renameDef } from '../../src/graph/subgraph/rename-def.ts'
import { importDefs, subgraphFile, updateDef } from '../../src/graph/subgraph/share.ts'
import { unpackSubgraph } from '../../src/graph/subgraph/unpack.ts'
import { withoutUnused } from '../../src/graph/subgraph/uses.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { checked, clip, node, rewired, withNode, withParams } from './fixtures.ts'

const placed = (): GraphDocument => {
  const doc = clip()
  return { ...doc, view: Object.fromEntries(Object.keys(doc.nodes).map((id, i) => [id, [i * 100, i * 7]])) }
}
const made = (ids: readonly string[], doc = placed()): GraphDocument =>
  makeSubgraph(doc, ids, 'tower').document
const TOWER = ['vision', 'image_projection', 'image_unit']
/** What each wire carries, with the nodes of subgraphs by their own names. */
const types = (doc: GraphDocument) => {
  const { ok, types: found } = checked(doc)
  expect(ok).toBe(true)
  return Object.fromEntries([...found].map(([wire, type]) => [wire.replace(/^.*\//, ''), type]))
}

describe('making a subgraph', () => {
  test('keeps what the graph means, and gives it the ports that wires cross', () => {
    const doc = made(TOWER)
    expect(types(doc)).toEqual(types(clip()))
    const { view, ...def } = doc.defs.tower!
    expect(def).toMatchObject({ in: ['image'], out: { output: 'image_unit.output' }, params: {} })
    expect(view).toEqual({ vision: [0, 0], image_projection: [200, 14], image_unit: [400, 28] })
    expect(doc.nodes.tower).toEqual(node('def:tower', {}, { image: 'batch.image' }))
    expect(doc.nodes.logits!.in.image).toBe('tower.output')
    expect(parseGraph(writeGraph(doc)).document).toEqual(doc)
  })

  test('of any nodes, taken apart again, is the graph that it was', () => {
    const all = Object.keys(clip().nodes)
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...all), { minLength: 1 }), ids => {
        const doc = placed()
        const { document, use } = makeSubgraph(doc, ids, 'part')
        expect(checked(document).diagnostics.filter(d => d.code !== 'DT060')).toEqual([])
        const again = withoutUnused(unpackSubgraph(document, use).document, 'part')
        const wires = (d: GraphDocument) =>
          Object.fromEntries(Object.entries(d.nodes).map(([id, n]) => [id, n.in]))
        expect(wires(again)).toEqual(wires(doc))
        expect(again.nodes).toEqual(doc.nodes)
        expect(again.defs).toEqual({})
        // Undo and redo in the journal.
        const there = restoring(doc, document)
        expect(writeGraph(applyCommand(doc, there).document)).toBe(writeGraph(document))
        expect(writeGraph(applyCommand(document, restoring(document, doc)).document)).toBe(writeGraph(doc))
      }),
      { seed: 5, numRuns: 60 },
    )
  })

  test('follows references from outside, and refuses to cut those of its own nodes', () => {
    const twin = withNode(
      placed(),
      'twin',
      node('encoder.vit', { sharedWith: { $node: 'vision' } }, { image: 'batch.image' }),
    )
    const doc = withParams(twin, 'twin', { patch: 8, width: 192, depth: 4, heads: 4 })
    const inside = makeSubgraph(doc, TOWER, 'tower').document
    expect(inside.nodes.twin!.params.sharedWith).toEqual({ $node: 'tower/vision' })
    expect(checked(inside).ok).toBe(true)
    expect(unpackSubgraph(inside, 'tower').document.nodes.twin!.params.sharedWith).toEqual({
      $node: 'vision',
    })
    expect(() => makeSubgraph(doc, ['twin'], 'tower')).toThrow(
      new CommandFault('"twin" refers to "vision", which is not selected: select both', 'twin'),
    )
  })

  test('within a subgraph', () => {
    const doc = made(TOWER)
    const inner = openDef(doc, 'tower')!
    const { document } = makeSubgraph(inner, ['image_projection', 'image_unit'], 'head')
    const nested = closeDef(doc, 'tower', document)
    expect(Object.keys(nested.defs).sort()).toEqual(['head', 'tower'])
    expect(nested.defs.tower!.out).toEqual({ output: 'head.output' })
    expect(types(nested)).toEqual(types(clip()))
    const flat = closeDef(nested, 'tower', unpackSubgraph(openDef(nested, 'tower')!, 'head').document)
    expect(withoutUnused(flat, 'head').defs).toEqual(doc.defs)
  })

  test('takes whole groups along and leaves the others', () => {
    const groups = {
      a: { title: 'Image', colour: 'blue', nodes: TOWER },
      b: { title: 'Both', colour: 'red', nodes: ['text_unit'] },
    } as const
    const doc = made([...TOWER, 'text_projection'], { ...placed(), groups })
    expect(doc.defs.tower!.groups).toEqual({ a: groups.a })
    expect(doc.groups).toEqual({ b: groups.b })
    expect(unpackSubgraph(doc, 'tower').document.groups).toEqual({ b: groups.b, a: groups.a })
  })

  test('unpacked, its nodes stand where it stood, wherever they were moved inside', () => {
    const doc = made(TOWER)
    const view = { vision: [900, 500], image_projection: [1100, 514], image_unit: [1300, 528] } as const
    const moved = { ...doc, defs: { ...doc.defs, tower: { ...doc.defs.tower!, view } } }
    const back = unpackSubgraph(moved, 'tower').document
    for (const id of TOWER) expect(back.view[id], id).toEqual(placed().view[id])
  })

  test('unpacked within a group, nodes stay in it but for those that are in one of their own', () => {
    const inner = { title: 'Inner', colour: 'blue', nodes: ['vision', 'image_projection'] } as const
    const doc = made(TOWER, { ...placed(), groups: { inner } })
    const outer = { title: 'Outer', colour: 'red', nodes: ['tower', 'text'] } as const
    expect(unpackSubgraph({ ...doc, groups: { outer } }, 'tower').document.groups).toEqual({
      outer: { ...outer, nodes: ['image_unit', 'text'] },
      inner,
    })
  })
})

describe('what is offered for an input of a node inside', () => {
  test('is wires of the same subgraph, by the names that they have there', () => {
    const doc = made(TOWER)
    const nodes = { ...doc.defs.tower!.nodes, extra: node('layer.normalize') }
    const inner = { ...doc, defs: { tower: { ...doc.defs.tower!, nodes } } }
    const [fault] = checked(inner).diagnostics.filter(d => d.node === 'tower/extra')
    expect(fault!.hint).toMatch(/ Wire "vision\.\w+" or /)
    expect(fault!.hint).not.toMatch(/batch|text/)
  })

  test('so are other outputs of the node that is wired', () => {
    const doc = made(['vision', 'image_projection', 'image_unit'])
    const image_projection = node('layer.projection', { size: 8 }, { input: 'vision.feat' })
    const nodes = { ...doc.defs.tower!.nodes, image_projection }
    const inner = { ...doc, defs: { tower: { ...doc.defs.tower!, nodes } } }
    const [fault] = checked(inner).diagnostics.filter(d => d.node === 'tower/image_projection')
    expect(fault!.hint).toBe('Another output fits: "vision.pooled".')
  })
})

describe('editing within a subgraph', () => {
  const doc = made(TOWER)
  const run = (command: GraphCommand, from = doc) =>
    applyCommand(from, { type: 'within', def: 'tower', command }).document

  test('leaves everything else the same object', () => {
    const next = run({ type: 'setParam', node: 'vision', path: ['depth'], value: 2 })
    expect(next.nodes).toBe(doc.nodes)
    expect(next.defs.tower!.nodes.image_unit).toBe(doc.defs.tower!.nodes.image_unit)
    expect(next.defs.tower!.nodes.vision!.params.depth).toBe(2)
    expect(run({ type: 'moveNodes', to: {} })).toBe(doc)
  })

  test('a wire to its outputs makes one, a wire from its inputs too', () => {
    const more = run({ type: 'connect', from: 'vision.pooled', node: '@out', port: 'raw', list: false })
    expect(more.defs.tower!.out.raw).toBe('vision.pooled')
    const wider = run({ type: 'connect', from: '@in.other', node: 'image_unit', port: 'input', list: false })
    expect(wider.defs.tower!.in).toEqual(['image', 'other'])
    expect(wider.defs.tower!.nodes.image_unit!.in.input).toBe('@other')
    expect(run({ type: 'disconnect', node: '@out', port: 'raw' }, more).defs).toEqual(doc.defs)
    expect(() => run({ type: 'removeNodes', ids: ['@out'] })).toThrow(CommandFault)
  })

  test('a node that is removed takes its outputs with it', () => {
    expect(run({ type: 'removeNodes', ids: ['image_unit'] }).defs.tower!.out).toEqual({})
  })

  test('is undone by its inverse, in a list of edits too', () => {
    const commands: GraphCommand[] = [
      { type: 'setMode', nodes: ['vision'], mode: 'muted' },
      { type: 'setGroup', id: 'g', group: { title: 'G', colour: 'blue', nodes: ['vision'] } },
    ]
    const inner = commands.map(command => ({ type: 'within', def: 'tower', command }) as const)
    const { document, inverse } = applyCommand(doc, { type: 'group', label: 'Both', commands: inner })
    expect(document.defs.tower!.groups!.g!.nodes).toEqual(['vision'])
    expect(document.defs.tower!.nodes.vision!.mode).toBe('muted')
    expect(writeGraph(applyCommand(document, inverse).document)).toBe(writeGraph(doc))
  })
})

describe('the ports of a subgraph', () => {
  const doc = made(TOWER)

  test('are renamed inside and at every use', () => {
    const named = renamePort(
      renamePort(doc, 'tower', 'in', 'image', 'picture'),
      'tower',
      'out',
      'output',
      'embedding',
    )
    expect(named.nodes.tower!.in).toEqual({ picture: 'batch.image' })
    expect(named.nodes.logits!.in.image).toBe('tower.embedding')
    expect(named.defs.tower!.nodes.vision!.in.image).toBe('@picture')
    expect(types(named)).toEqual(types(doc))
    expect(() => renamePort(doc, 'tower', 'in', 'image', 'Two words')).toThrow(CommandFault)
  })

  test('go with the wires at them', () => {
    const less = renamePort(doc, 'tower', 'out', 'output', undefined)
    expect(less.defs.tower!.out).toEqual({})
    expect(less.nodes.logits!.in).toEqual({ text: 'text_unit.output' })
  })
})

describe('the name of a subgraph', () => {
  const inner = makeSubgraph(openDef(made(TOWER), 'tower')!, ['image_unit'], 'unit').document
  const doc = closeDef(made(TOWER), 'tower', inner)

  test('is changed wherever it is used, in other subgraphs too', () => {
    const named = renameDef(renameDef(doc, 'tower', 'image_tower'), 'unit', 'length_one')
    expect(Object.keys(named.defs).sort()).toEqual(['image_tower', 'length_one'])
    expect(named.nodes.tower!.type).toBe('def:image_tower')
    expect(types(named)).toEqual(types(doc))
    expect(renameDef(renameDef(named, 'image_tower', 'tower'), 'length_one', 'unit')).toEqual(doc)
  })

  test('is not that of another, and a name', () => {
    expect(() => renameDef(doc, 'tower', 'unit')).toThrow('there is a subgraph "unit" already')
    expect(() => renameDef(doc, 'tower', 'Two words')).toThrow(CommandFault)
    expect(() => renameDef(doc, 'nowhere', 'x')).toThrow(CommandFault)
  })
})

describe('a shared subgraph', () => {
  const nested = (): GraphDocument => {
    const doc = made(TOWER)
    const { document } = makeSubgraph(openDef(doc, 'tower')!, ['image_unit'], 'unit')
    return closeDef(doc, 'tower', document)
  }

  test('is a graph file with all that it is made of', () => {
    const file = subgraphFile(nested(), 'tower', 'Image tower')
    const { document, diagnostics } = parseGraph(writeGraph(file))
    expect(diagnostics).toEqual([])
    expect(Object.keys(document!.defs).sort()).toEqual(['tower', 'unit'])
    expect(checked(document!).diagnostics.map(d => d.code)).toEqual(['DT021'])
  })

  test('comes with its source and hash; what is here already is not doubled', () => {
    const file = subgraphFile(nested(), 'tower', 'Image tower')
    const source = { file: 'tower.json', hash: (name: string) => `sha-${name}` }
    const { document, names } = importDefs(clip(), file, ['tower'], source)
    expect(names.get('tower')).toBe('tower')
    expect(document.defs.tower!.source).toEqual({ file: 'tower.json', hash: 'sha-tower' })
    expect(importDefs(document, file, ['tower'], source).document).toBe(document)
  })

  test('is updated to what its file says now, under the name that it has here', () => {
    const first = subgraphFile(nested(), 'tower', 'Image tower')
    const hash = (text: string) => ({ file: 'tower.json', hash: (name: string) => `${text}-${name}` })
    const { document } = importDefs(clip(), first, ['tower'], hash('old'))
    const renamed: GraphDocument = { ...document, defs: { ...document.defs, mine: document.defs.tower! } }
    const inner = openDef(first, 'tower')!
    const edited = closeDef(first, 'tower', withParams(inner, 'vision', { depth: 9 }))
    const next = updateDef(renamed, 'mine', edited, 'tower', hash('new'))
    expect(next.defs.mine!.nodes.vision!.params.depth).toBe(9)
    expect(next.defs.mine!.source).toEqual({ file: 'tower.json', hash: 'new-tower' })
    // The other one, and the parts that did not change, stay.
    expect(next.defs.tower).toBe(renamed.defs.tower)
    expect(Object.keys(next.defs).sort()).toEqual(['mine', 'tower', 'unit'])
    expect(updateDef(next, 'mine', edited, 'tower', hash('new'))).toBe(next)
  })

  test('whose name is taken gets another, inside too', () => {
    const file = subgraphFile(nested(), 'tower', 'Image tower')
    const other = makeSubgraph(clip(), ['text_unit'], 'unit').document
    const { document, names } = importDefs(other, file, ['tower'])
    expect(names.get('unit')).toBe('unit_2')
    expect(document.defs.tower!.nodes.unit!.type).toBe('def:unit_2')
    const used = rewired(
      withNode(document, 'tower', node('def:tower', {}, { image: 'batch.image' })),
      'logits',
      { image: 'tower.output' },
    )
    expect(checked(used).ok).toBe(true)
  })
})
