import { describe, expect, test } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { checkGraph, type Schemas } from '../../src/graph/check.ts'
import { type GraphDocument, wiresOf } from '../../src/graph/document.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { registry } from '../../src/nodes/index.ts'
import { bigGraph } from './big-graph.ts'
import { emojiSchema, known } from './fixtures.ts'

const doc = bigGraph(1)
const sources = Object.keys(doc.nodes).filter(id => doc.nodes[id]!.type === 'data.emoji')
const schemas: Schemas = Object.fromEntries(sources.map(id => [`${id}.dataset`, known(emojiSchema)]))

/** The shortest of many edits, each followed by a check, in milliseconds: what else the machine does only adds. */
function editAndCheck(start: GraphDocument, node: string): number {
  let document = start
  let least = Number.POSITIVE_INFINITY
  for (let width = 32; width <= 32 * 20; width += 32) {
    const begun = performance.now()
    document = applyCommand(document, { type: 'setParam', node, path: ['width'], value: width }).document
    checkGraph(document, registry, schemas)
    least = Math.min(least, performance.now() - begun)
  }
  return least
}

describe('a graph of 500 nodes', () => {
  test('has 900 wires, is written and read back, and checks', () => {
    expect(Object.keys(doc.nodes)).toHaveLength(500)
    const wires = Object.values(doc.nodes).flatMap(node => Object.values(node.in).flatMap(wiresOf))
    expect(wires).toHaveLength(900)
    const { document, diagnostics } = parseGraph(writeGraph(doc))
    expect(diagnostics).toEqual([])
    expect(document!.nodes).toEqual(doc.nodes)
    expect(checkGraph(document!, registry, schemas).diagnostics).toEqual([])
  })

  // Guards the checker: what it does for a node must not grow as the graph does, or it would take 25 times as long.
  test('is checked after an edit in a time that grows with its nodes', () => {
    const welcome = Object.entries(doc.nodes).filter(([id]) => id.endsWith('_0'))
    const corpus = { ...doc.nodes.corpus_0!, in: { datasets: ['train_emoji_0.dataset'] } }
    const small = {
      ...doc,
      nodes: { ...Object.fromEntries(welcome), corpus_0: corpus },
      view: {},
      groups: {},
    }
    const [large, little] = [editAndCheck(doc, 'vision_0'), editAndCheck(small, 'vision_0')]
    const nodes = Object.keys(small.nodes).length
    console.log(
      `an edit and its check: ${large.toFixed(1)} ms of 500 nodes, ${little.toFixed(2)} ms of ${nodes}`,
    )
    expect(large / little).toBeLessThan((6 * 500) / nodes)
  })
})
