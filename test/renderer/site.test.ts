import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../src/graph/diagnostic.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { fixesAt } from '../../src/renderer/inspector/fixes.ts'
import { paramSite, setAt, siteOf, usesOf, wireAmong } from '../../src/renderer/inspector/site.ts'
import { shownOf } from '../../src/renderer/state/scope.ts'
import { documentOf, node } from '../graph/fixtures.ts'
import { openWindow } from './kit.ts'

/** The CLIP graph with its image tower in a subgraph, which the file `change`s before. */
const withTower = async (change: (doc: GraphDocument) => GraphDocument = doc => doc) => {
  const window = await openWindow()
  const made = makeSubgraph(window.doc().document, ['vision', 'image_projection'], 'tower')
  window.doc().replace(change(made.document), 'Make subgraph')
  return window
}

/** Does the only thing that can be done about the fault of a node, as a click does it. */
const fixOnly = ({ doc }: Awaited<ReturnType<typeof withTower>>, path: string): string => {
  const { checked, document, run } = doc()
  const fixes = checked.diagnostics.filter(d => d.node === path).flatMap(d => fixesAt(document, d))
  expect(fixes).toHaveLength(1)
  const [fix] = fixes
  if (!fix || 'place' in fix) throw new Error(`no edit: ${JSON.stringify(fix)}`)
  run(fix.command, fix.label)
  return fix.label
}

const inTower = (params: Readonly<Record<string, unknown>>) => (doc: GraphDocument) => {
  const { tower } = doc.defs
  const vision = tower!.nodes.vision!
  const nodes = { ...tower!.nodes, vision: { ...vision, params: { ...vision.params, ...params } } }
  return { ...doc, defs: { tower: { ...tower!, nodes } } }
}

describe('what can be done about a fault inside a subgraph', () => {
  it('is one click from outside, and one step of undo', async () => {
    const window = await withTower(inTower({ pool: 'meen' }))
    const { doc } = window
    const before = doc().document
    expect(doc().checked.ok).toBe(false)
    expect(fixOnly(window, 'tower/vision')).toBe('Use "mean"')
    expect(doc().document.defs.tower!.nodes.vision!.params.pool).toBe('mean')
    expect(doc().checked.diagnostics.filter(d => d.severity === 'error')).toEqual([])
    doc().undo()
    expect(doc().document).toEqual(before)
  })

  it('is the same from inside', async () => {
    const { doc } = await withTower(inTower({ heads: 4, patsch: 4 }))
    doc().enter(['tower'])
    const [fault] = shownOf(doc()).faults.get('vision')!
    const [fix] = fixesAt(doc().document, { ...fault!, node: 'tower/vision' })
    if (!fix || 'place' in fix) throw new Error('no edit')
    doc().run(fix.command, fix.label)
    expect(doc().document.defs.tower!.nodes.vision!.params).toMatchObject({ patch: 4 })
    expect(doc().undoLabel).toBe('Use "patch"')
  })

  it('changes what a use of the subgraph hands in, not the subgraph', async () => {
    const window = await withTower(doc => {
      const handed = inTower({ pool: { $param: 'how' } })(doc)
      const { tower } = handed.defs
      const use = { ...handed.nodes.tower!, params: { how: 'meen' } }
      return {
        ...handed,
        defs: { tower: { ...tower!, params: { how: 'mean' } } },
        nodes: { ...handed.nodes, tower: use },
      }
    })
    expect(fixOnly(window, 'tower/vision')).toBe('Use "mean"')
    const { nodes, defs } = window.doc().document
    expect(nodes.tower!.params).toEqual({ how: 'mean' })
    expect(defs.tower!.nodes.vision!.params.pool).toEqual({ $param: 'how' })
    expect(window.doc().checked.ok).toBe(true)
  })

  it('makes only wires that can be made there', () => {
    const tower = {
      params: {},
      in: ['image'],
      out: { embedding: 'vision.pooled' },
      nodes: { vision: node('encoder.vit', {}, { image: '@image' }), unit: node('layer.normalize') },
    }
    const doc = documentOf(
      { batch: node('data.batch'), tower: node('def:tower'), unit: node('layer.normalize') },
      { tower },
    )
    const missing = (path: string, ...offers: readonly string[]): Diagnostic => ({
      ...({ code: 'DT021', severity: 'error', port: 'input', message: 'nothing is wired to it' } as const),
      ...{ node: path, hint: `A tensor. Wire ${offers.map(o => `"${o}"`).join(' or ')}.` },
    })
    const labels = (d: Diagnostic) => fixesAt(doc, d).map(fix => fix.label)
    expect(labels(missing('tower/unit', 'tower/vision.pooled', 'batch.image'))).toEqual([
      'Wire vision.pooled',
    ])
    expect(labels(missing('unit', 'tower/vision.pooled', 'tower/vision.tokens', 'batch.image'))).toEqual([
      'Wire tower.embedding',
      'Wire batch.image',
    ])
    expect(wireAmong(doc, doc.nodes, 'nothing/there.pooled')).toBeUndefined()
  })
})

describe('where a setting is written', () => {
  it('is found through subgraphs in subgraphs, to the use that hands it in', () => {
    const doc = documentOf(
      {
        a: node('def:outer', { size: 64 }),
        b: node('def:outer'),
      },
      {
        outer: {
          ...{ params: { size: 32 }, in: [], out: {} },
          nodes: { inner: node('def:inner', { width: { $param: 'size' } }) },
        },
        inner: {
          ...{ params: { width: 16, depth: 1 }, in: [], out: {} },
          nodes: { vision: node('encoder.vit', { width: { $param: 'width' }, heads: 2 }) },
        },
      },
    )
    const path = (of: string, param: string) => paramSite(doc, `${of}/inner/vision`, [param])!
    expect(path('a', 'width')).toMatchObject({ site: { id: 'a' }, param: ['size'], value: 64 })
    expect(path('b', 'width')).toMatchObject({ site: { id: 'b' }, param: ['size'], value: 32 })
    expect(path('a', 'heads')).toMatchObject({ site: { id: 'vision', def: 'inner' }, value: 2 })
    const { site, param } = path('a', 'heads')
    expect(setAt(site, param, 4)).toEqual({
      ...{ type: 'within', def: 'inner' },
      command: { type: 'setParam', node: 'vision', path: ['heads'], value: 4 },
    })
    expect(usesOf(doc, 'outer')).toBe(2)
    expect(siteOf(doc, 'a/nothing')).toBeUndefined()
    expect(siteOf(doc, 'vision/inner')).toBeUndefined()
  })
})
