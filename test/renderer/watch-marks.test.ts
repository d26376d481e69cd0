import { describe, expect, it } from 'vitest'
import type { WatchJson } from '../../src/graph/document.ts'
import { makeSubgraph } from '../../src/graph/subgraph/make.ts'
import { registry } from '../../src/nodes/index.ts'
import { cardLabel, createCanvasModel } from '../../src/renderer/canvas/model.ts'
import { followMarks, watchMarks } from '../../src/renderer/canvas/watch-marks.ts'
import { shownOf } from '../../src/renderer/state/scope.ts'
import { openWindow } from './kit.ts'

const INNER = 'transformer/resblocks/0/attn/attention'
const watch = (wire: string, inner?: string): WatchJson => ({ wire, every: 10, ...(inner && { inner }) })

async function watching(...watches: WatchJson[]) {
  const { doc } = await openWindow()
  doc().run({ type: 'setWatches', watches })
  return doc
}

describe('marks of watched wires', () => {
  it('are at the outputs that carry them, the wire itself first', async () => {
    const doc = await watching(watch('vision.feat', INNER), watch('vision.feat'), watch('logits.pairs'))
    expect(watchMarks(doc())).toEqual({
      vision: [{ port: 'feat', names: ['vision.feat', `vision.feat ${INNER}`] }],
      logits: [{ port: 'pairs', names: ['logits.pairs'] }],
    })
  })

  it('are on the card of a subgraph from outside, and in it where they are', async () => {
    const doc = await watching(
      watch('vision.feat', INNER),
      watch('image_projection.output'),
      watch('batch.image'),
      watch('text.feat'),
    )
    const made = makeSubgraph(doc().document, ['vision', 'image_projection'], 'tower')
    doc().replace(made.document, 'Make subgraph')
    const output = Object.keys(doc().document.defs.tower!.out)[0]!
    expect(watchMarks(doc())).toEqual({
      tower: [
        { port: '', names: [`tower/vision.feat ${INNER}`] },
        { port: output, names: ['tower/image_projection.output'] },
      ],
      batch: [{ port: 'image', names: ['batch.image'] }],
      text: [{ port: 'feat', names: ['text.feat'] }],
    })
    doc().enter(['tower'])
    expect(watchMarks(doc())).toEqual({
      vision: [{ port: 'feat', names: [`tower/vision.feat ${INNER}`] }],
      image_projection: [{ port: 'output', names: ['tower/image_projection.output'] }],
      '@in': [{ port: 'image', names: ['batch.image'] }],
    })
  })

  it('stay the same object while they say the same, and touch no other card', async () => {
    const doc = await watching()
    const marks = followMarks()
    const build = createCanvasModel()
    const model = () => {
      const { document, checked, faults, selection } = shownOf(doc())
      return build({ document, checked, faults, registry, marks: marks(doc()) }, selection)
    }
    const nothing = marks(doc())
    doc().run({ type: 'moveNodes', to: { vision: [5, 5] } })
    expect(marks(doc())).toBe(nothing)
    const before = model()
    doc().run({ type: 'setWatches', watches: [watch('vision.pooled')] })
    const after = model()
    const changed = after.nodes.filter((node, i) => node !== before.nodes[i])
    expect(changed.map(node => node.id)).toEqual(['vision'])
    expect(changed[0]!.data.watches).toEqual([{ port: 'pooled', names: ['vision.pooled'] }])
    expect(cardLabel(changed[0]!.data)).toContain(', watched')
    expect(after.edges.every((edge, i) => edge === before.edges[i])).toBe(true)
    const some = marks(doc())
    doc().run({ type: 'moveNodes', to: { vision: [9, 9] } })
    expect(marks(doc())).toBe(some)
  })
})
