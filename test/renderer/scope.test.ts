import { describe, expect, it } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { pathOf, shownOf, soundScope } from '../../src/renderer/state/scope.ts'
import { staleNodes } from '../../src/renderer/state/stale.ts'
import { openWindow } from './kit.ts'

const make = async () => {
  const window = await openWindow()
  const { document } = window.doc()
  const made = makeSubgraph(document, ['vision', 'image_projection'], 'tower')
  window.doc().replace(made.document, 'Make subgraph')
  return window
}

describe('within a subgraph', () => {
  it('the subgraph is shown as a graph, and edits go to the document', async () => {
    const { doc } = await make()
    doc().enter(['tower'])
    const shown = shownOf(doc())
    expect(Object.keys(shown.document.nodes)).toEqual(['@in', 'vision', 'image_projection', '@out'])
    expect(shown.document.nodes.vision!.in.image).toBe('@in.image')
    expect(shown.checked.nodes.has('vision')).toBe(true)
    expect(pathOf(doc(), 'vision')).toBe('tower/vision')
    shown.run({ type: 'setParam', node: 'vision', path: ['depth'], value: 3 })
    expect(doc().document.defs.tower!.nodes.vision!.params.depth).toBe(3)
    expect(doc().undoLabel).toBe('Change depth')
    doc().undo()
    expect(shownOf(doc()).document.nodes.vision!.params.depth).not.toBe(3)
    expect(doc().scope).toEqual(['tower'])
  })

  it('faults are those of its nodes', async () => {
    const { doc } = await make()
    doc().enter(['tower'])
    shownOf(doc()).run({ type: 'setParam', node: 'vision', path: ['heads'], value: 7 })
    expect(shownOf(doc()).faults.get('vision')?.[0]?.severity).toBe('error')
    expect(doc().faults.has('tower')).toBe(true)
  })

  it('leads back out, with the subgraph selected, and when undo takes it away', async () => {
    const { doc } = await make()
    doc().enter(['tower'])
    doc().enter([])
    expect(doc().selection.nodes).toEqual(['tower'])
    doc().enter(['tower'])
    doc().undo()
    expect(doc().scope).toEqual([])
    expect(doc().document.defs).toEqual({})
    expect(soundScope(doc().document, ['tower', 'x'])).toEqual([])
  })

  it('undo and redo go where the edit was made', async () => {
    const { doc } = await make()
    doc().enter(['tower'])
    shownOf(doc()).run({ type: 'setParam', node: 'vision', path: ['depth'], value: 3 })
    doc().enter([])
    doc().run({ type: 'setMeta', meta: { seed: 5 } })
    doc().undo()
    expect(doc().scope).toEqual([])
    doc().undo()
    expect(doc().scope).toEqual(['tower'])
    doc().undo()
    expect(doc().scope).toEqual([])
    for (let i = 0; i < 3; i++) doc().redo()
    expect(doc().scope).toEqual([])
    expect(doc().document.meta.seed).toBe(5)
  })

  it('what the journal got gives the same document again', async () => {
    const { doc, host } = await make()
    doc().enter(['tower'])
    shownOf(doc()).run({ type: 'connect', from: 'vision.pooled', node: '@out', port: 'raw', list: false })
    const now = doc().document
    doc().undo()
    doc().redo()
    await new Promise(resolve => setTimeout(resolve, 20))
    const [journal] = [...host.journals.values()]
    const { parseGraph } = await import('../../src/graph/parse.ts')
    const { clipText } = await import('./kit.ts')
    const again = journal!.reduce((d, c) => applyCommand(d, c).document, parseGraph(clipText).document!)
    expect(again).toEqual(now)
  })
})

describe('what a run still speaks for', () => {
  it('follows what subgraphs compute, not where their nodes stand', async () => {
    const { doc } = await make()
    const ran = doc().document
    doc().enter(['tower'])
    shownOf(doc()).run({ type: 'moveNodes', to: { vision: [900, 900], '@in': [0, 0] } })
    expect(doc().document).not.toBe(ran)
    expect(staleNodes(doc().document, ran).size).toBe(0)
    shownOf(doc()).run({ type: 'setMode', nodes: ['image_projection'], mode: 'bypassed' })
    expect(staleNodes(doc().document, ran).has('train')).toBe(true)
  })

  it('what is muted is stale with what reads it', async () => {
    const { doc } = await openWindow()
    const ran = doc().document
    doc().run({ type: 'setMode', nodes: ['text'], mode: 'muted' })
    const stale = staleNodes(doc().document, ran)
    expect([stale.has('text'), stale.has('train'), stale.has('vision')]).toEqual([true, true, false])
  })
})
