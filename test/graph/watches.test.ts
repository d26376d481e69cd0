import { describe, expect, test } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { CommandFault } from '../../src/graph/command-fault.ts'
import type { GraphDocument, WatchJson } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { restoring } from '../../src/graph/restore.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { renamePort } from '../../src/graph/subgraph/ports.ts'
import { renameDef } from '../../src/graph/subgraph/rename-def.ts'
import { unpackSubgraph } from '../../src/graph/subgraph/unpack.ts'
import { withoutUnused } from '../../src/graph/subgraph/uses.ts'
import { soundWatches, watchName } from '../../src/graph/watches.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { clip } from './fixtures.ts'

const attention: WatchJson = {
  wire: 'vision.feat',
  inner: 'transformer/resblocks/0/attn/attention',
  every: 0,
}
const pairs: WatchJson = { wire: 'logits.pairs', every: 10, step: 3 }
const watching = (doc: GraphDocument, ...watches: WatchJson[]) =>
  applyCommand(doc, { type: 'setWatches', watches })

describe('watches of a file', () => {
  test('are written and read, and taken back by undo', () => {
    const start = clip()
    const { document, inverse } = watching(start, attention, pairs)
    const text = writeGraph(document)
    expect(text.slice(text.indexOf('"watches"'), text.indexOf('"lock"'))).toMatchInlineSnapshot(`
      ""watches": [
          { "every": 0, "inner": "transformer/resblocks/0/attn/attention", "wire": "vision.feat" },
          { "every": 10, "step": 3, "wire": "logits.pairs" }
        ],

        "
    `)
    expect(parseGraph(text).document).toEqual(document)
    expect(writeGraph(applyCommand(document, inverse).document)).toBe(writeGraph(start))
    expect(writeGraph(watching(document).document)).toBe(writeGraph(start))
  })

  test('go with their node', () => {
    const { document } = watching(clip(), attention, pairs)
    const without = applyCommand(document, { type: 'removeNodes', ids: ['vision'] })
    expect(without.document.watches).toEqual([pairs])
    expect(applyCommand(without.document, without.inverse).document.watches).toEqual([attention, pairs])
  })

  test('are one for each value', () => {
    expect(watchName(attention)).toBe('vision.feat transformer/resblocks/0/attn/attention')
    expect(() => watching(clip(), pairs, { ...pairs, every: 1 })).toThrow(CommandFault)
    const scale = 'bent' as WatchJson['scale']
    expect(() => watching(clip(), { ...pairs, scale })).toThrow('a scale is log or clipped')
    expect(() => watching(clip(), { ...pairs, every: 0.5 })).toThrow('whole numbers')
  })

  test('are checked as the file is read', () => {
    const text = writeGraph(watching(clip(), pairs).document)
    expect(parseGraph(text.replace('"every": 10', '"often": 10')).diagnostics[0]!.message).toContain('often')
    expect(parseGraph(text.replace('"every": 10, ', '')).document!.watches).toEqual([pairs])
  })
})

describe('watches and subgraphs', () => {
  const inVision: WatchJson = { wire: 'tower/vision.feat', every: 10 }
  const made = () => makeSubgraph(watching(clip(), attention, pairs).document, ['vision'], 'tower').document

  test('a watch follows its node into a subgraph and out again', () => {
    const document = made()
    expect(document.watches).toEqual([{ ...attention, wire: 'tower/vision.feat' }, pairs])
    expect(parseGraph(writeGraph(document)).document!.watches).toEqual(document.watches)
    expect(unpackSubgraph(document, 'tower').document.watches).toEqual([attention, pairs])
  })

  describe('in a subgraph that is used twice, and once in another', () => {
    const nested = (): GraphDocument => {
      const tower = made()
      const twice = { ...tower, nodes: { ...tower.nodes, twin: { ...tower.nodes.tower!, title: 'Twin' } } }
      return makeSubgraph(twice, ['twin'], 'outer').document
    }
    const start = () =>
      watching(nested(), { ...attention, wire: 'tower/vision.feat', scale: 'log' }, pairs, {
        wire: 'outer/twin/vision.pooled',
        every: 1,
      }).document
    const wires = (doc: GraphDocument) => doc.watches?.map(w => w.wire)
    const inside = ['tower/part/vision.feat', 'logits.pairs', 'outer/twin/part/vision.pooled']

    test('watches follow a node into a subgraph that is made there, and out of it', () => {
      const before = start()
      const { document, use } = makeSubgraph(before, ['vision'], 'part', 'tower')
      expect(wires(document)).toEqual(inside)
      expect(document.watches![0]).toMatchObject({ inner: attention.inner, every: 0, scale: 'log' })
      expect(document.nodes).toBe(before.nodes)
      const out = unpackSubgraph(document, use, 'tower').document
      expect(out.watches).toEqual(before.watches)
      expect(withoutUnused(out, 'part').defs).toEqual(before.defs)
    })

    test('undo takes them back, redo along again', () => {
      const before = start()
      const { document } = makeSubgraph(before, ['vision'], 'part', 'tower')
      const there = applyCommand(before, restoring(before, document))
      expect(writeGraph(there.document)).toBe(writeGraph(document))
      const back = applyCommand(there.document, there.inverse)
      expect(writeGraph(back.document)).toBe(writeGraph(before))
      expect(wires(applyCommand(back.document, back.inverse).document)).toEqual(inside)
    })

    test('other names of subgraphs and of their ports change nothing of them', () => {
      const { document } = makeSubgraph(start(), ['vision'], 'part', 'tower')
      const named = renameDef(renameDef(document, 'part', 'eye'), 'tower', 'body')
      expect(named.watches).toEqual(document.watches)
      expect(soundWatches(named)).toBe(named.watches)
      expect(renamePort(named, 'eye', 'in', 'image', 'picture').watches).toEqual(document.watches)
    })

    test('references from around follow too', () => {
      const doc = start()
      const params = { ...doc.nodes.text!.params, sharedWith: { $node: 'outer/twin/vision' } }
      const sharing = { ...doc, nodes: { ...doc.nodes, text: { ...doc.nodes.text!, params } } }
      const { document, use } = makeSubgraph(sharing, ['vision'], 'part', 'tower')
      expect(document.nodes.text!.params.sharedWith).toEqual({ $node: 'outer/twin/part/vision' })
      expect(unpackSubgraph(document, use, 'tower').document.nodes).toEqual(sharing.nodes)
    })

    test('there is no subgraph of another name', () => {
      expect(() => makeSubgraph(start(), ['vision'], 'part', 'nowhere')).toThrow('no subgraph "nowhere"')
    })
  })

  test('a watch goes with a node that is removed in the subgraph, and comes back with undo', () => {
    const document = watching(made(), inVision, pairs).document
    const removing = { type: 'removeNodes', ids: ['vision'] } as const
    const gone = applyCommand(document, { type: 'within', def: 'tower', command: removing })
    expect(gone.document.watches).toEqual([pairs])
    expect(applyCommand(gone.document, gone.inverse).document.watches).toEqual([inVision, pairs])
    const alone = watching(made(), inVision).document
    const within = { type: 'within', def: 'tower', command: removing } as const
    const grouped = applyCommand(alone, { type: 'group', label: 'Remove', commands: [within] })
    expect(grouped.document.watches).toBeUndefined()
  })

  test('an edit in a subgraph leaves the watches of the graph around alone', () => {
    const document = watching(made(), inVision, { ...pairs, wire: 'text.pooled' }).document
    const command = { type: 'moveNodes', to: { vision: [5, 5] } } as const
    const moved = applyCommand(document, { type: 'within', def: 'tower', command })
    expect(moved.document.watches).toBe(document.watches)
  })

  test('a wire has a path of names and a port', () => {
    for (const wire of ['', 'vision', '@image', 'Vision.feat', 'tower/.feat', '__proto__.feat'])
      expect(() => watching(clip(), { wire, every: 1 })).toThrow('is no wire')
  })
})
