import { describe, expect, test } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { CommandFault } from '../../src/graph/command-fault.ts'
import type { GraphDocument, WatchJson } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { unpackSubgraph } from '../../src/graph/subgraph/unpack.ts'
import { watchName } from '../../src/graph/watches.ts'
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
