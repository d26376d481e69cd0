import { describe, expect, test } from 'vitest'
import type { DefJson, GraphDocument, NodeMode } from '../../src/graph/document.ts'
import { checked, clip, documentOf, node, rewired, shown, withNode, withParams } from './fixtures.ts'

const withMode = (doc: GraphDocument, mode: NodeMode, ...ids: string[]): GraphDocument =>
  ids.reduce((d, id) => withNode(d, id, { mode }), doc)
const without = (doc: GraphDocument, ...ids: string[]): GraphDocument => ({
  ...doc,
  nodes: Object.fromEntries(Object.entries(doc.nodes).filter(([id]) => !ids.includes(id))),
})
/** Everything that plan, programs and cache keys are made of. */
const runs = (doc: GraphDocument) => {
  const { nodes, diagnostics } = checked(doc)
  const plain = [...nodes].map(([id, n]) => [id, n.json.type, n.params, n.json.in, n.inputs, n.outputs])
  return { nodes: plain, diagnostics }
}

/** CLIP with a second stage that goes on from the first. */
const twoStages = () =>
  withNode(
    clip(),
    'second',
    node(
      'train',
      { steps: 2 },
      { loss: ['loss.loss'], optimizer: ['adamw.optimizer'], weights: 'train.weights' },
    ),
  )

describe('a muted node', () => {
  test('is as if it were not there', () => {
    expect(runs(withMode(clip(), 'muted', 'retrieval'))).toEqual(runs(without(clip(), 'retrieval')))
    expect(runs(withMode(clip(), 'muted', 'about'))).toEqual(runs(without(clip(), 'about')))
  })

  test('takes what needs it with it, without a fault', () => {
    const { ok, off, nodes } = checked(withMode(clip(), 'muted', 'text_unit'))
    expect(ok).toBe(true)
    expect([...off.keys()].sort()).toEqual(['logits', 'loss', 'retrieval', 'text_unit', 'train', 'zero_shot'])
    expect(off.get('train')).toEqual({ mode: 'muted', by: 'text_unit' })
    expect(nodes.has('vision')).toBe(true)
  })

  test('that is read by an optional input leaves it open', () => {
    const staged = twoStages()
    const doc = without(staged, 'retrieval', 'zero_shot')
    expect(runs(withMode(doc, 'muted', 'train'))).toEqual(
      runs(without(rewired(doc, 'second', { weights: undefined }), 'train')),
    )
  })

  const two = (): GraphDocument => {
    const doc = withNode(clip(), 'loss_2', node('objective.infoNCE', {}, { pairs: 'logits.pairs' }))
    const more = withNode(doc, 'adamw_2', node('optimizer.adamw', {}, { schedule: 'schedule.schedule' }))
    const wired = rewired(more, 'train', {
      loss: ['loss.loss', 'loss_2.loss'],
      optimizer: ['adamw.optimizer', 'adamw_2.optimizer'],
    })
    return withParams(wired, 'train', { objectives: [{ trainable: 'vision/*' }, { trainable: 'text/*' }] })
  }
  const second = (): GraphDocument =>
    withParams(
      rewired(two(), 'train', { loss: ['loss_2.loss'], optimizer: ['adamw_2.optimizer'] }),
      'train',
      { objectives: [{ trainable: 'text/*' }] },
    )

  test('leaves a list together with its partners: settings and optimizer of a loss', () => {
    expect(checked(two()).ok).toBe(true)
    const expected = runs(without(second(), 'loss'))
    expect(runs(withMode(two(), 'muted', 'loss'))).toEqual(expected)
  })

  test('an optimizer of a list takes its loss out of the Train, not the loss of another', () => {
    expect(runs(withMode(two(), 'muted', 'adamw'))).toEqual(runs(without(second(), 'adamw')))
  })

  test('can be of a type that nobody knows', () => {
    expect(checked(withMode(withNode(clip(), 'odd', node('no.such')), 'muted', 'odd')).ok).toBe(true)
  })

  test('can’t lend its weights', () => {
    const doc = withNode(
      clip(),
      'twin',
      node('encoder.vit', { sharedWith: { $node: 'vision' } }, { image: 'batch.image' }),
    )
    expect(shown(checked(withMode(doc, 'muted', 'vision')).diagnostics)).toMatchInlineSnapshot(
      `"error DT025 node "twin" params.sharedWith: it refers to the node "vision", which is muted. Let "vision" run again, or take the reference out."`,
    )
  })
})

describe('a bypassed node', () => {
  test('gives what it reads to what reads it', () => {
    const doc = rewired(without(clip(), 'image_unit'), 'logits', { image: 'image_projection.output' })
    expect(runs(withMode(clip(), 'bypassed', 'image_unit'))).toEqual(runs(doc))
  })

  test('several in a row', () => {
    const doc = rewired(without(clip(), 'image_unit', 'image_projection', 'text_unit'), 'logits', {
      image: 'vision.pooled',
      text: 'text_projection.output',
    })
    const given = withParams(doc, 'text_projection', { size: 192 })
    const modes = withMode(clip(), 'bypassed', 'image_unit', 'image_projection', 'text_unit')
    expect(runs(withParams(modes, 'text_projection', { size: 192 }))).toEqual(runs(given))
  })

  test('passes the start weights of a stage on', () => {
    const doc = twoStages()
    const wired = rewired(doc, 'retrieval', { weights: 'second.weights' })
    expect(runs(withMode(wired, 'bypassed', 'second'))).toEqual(
      runs(without(rewired(wired, 'retrieval', { weights: 'train.weights' }), 'second')),
    )
  })

  test('with broken settings, or of an unknown type, is no fault', () => {
    expect(
      checked(withMode(withParams(clip(), 'image_unit', { nonsense: 1 }), 'bypassed', 'image_unit')).ok,
    ).toBe(true)
    expect(
      checked(withMode(withNode(clip(), 'image_unit', { type: 'no.such' }), 'bypassed', 'image_unit')).ok,
    ).toBe(true)
  })

  test('without a fitting input says so, at every reader', () => {
    const { ok, diagnostics } = checked(withMode(clip(), 'bypassed', 'vision', 'train', 'logits'))
    expect(ok).toBe(false)
    expect(shown(diagnostics)).toMatchInlineSnapshot(`
      "error DT027 node "logits" port "pairs": it is bypassed, but has nothing to pass on to "loss.pairs", which takes pairs: none of what it reads fits: "image_unit.output" carries float[batch 128, height 64, width 64, embed 96]; "text_unit.output" carries float[batch 128, embed 96]. Mute it instead, or wire "loss.pairs" to another node.
      error DT027 node "logits" port "pairs": it is bypassed, but has nothing to pass on to "retrieval.pairs", which takes pairs: none of what it reads fits: "image_unit.output" carries float[batch 128, height 64, width 64, embed 96]; "text_unit.output" carries float[batch 128, embed 96]. Mute it instead, or wire "retrieval.pairs" to another node.
      error DT027 node "logits" port "pairs": it is bypassed, but has nothing to pass on to "zero_shot.pairs", which takes pairs: none of what it reads fits: "image_unit.output" carries float[batch 128, height 64, width 64, embed 96]; "text_unit.output" carries float[batch 128, embed 96]. Mute it instead, or wire "zero_shot.pairs" to another node."
    `)
  })

  test('of several wires that would fit takes the first of its definition, wherever the file has it', () => {
    const doc = withNode(
      clip(),
      'also',
      node('pair.logits', {}, { text: 'text_unit.output', image: 'image_unit.output' }),
    )
    const read = withNode(doc, 'read', node('layer.normalize', {}, { input: 'also.pairs' }))
    const { nodes } = checked(withMode(read, 'bypassed', 'also'))
    expect(nodes.get('read')!.json.in).toEqual({ input: 'image_unit.output' })
  })

  test('that reads what is muted is off', () => {
    const doc = withMode(withMode(clip(), 'bypassed', 'image_unit'), 'muted', 'image_projection')
    const { ok, off } = checked(doc)
    expect(ok).toBe(true)
    expect(off.get('logits')).toEqual({ mode: 'muted', by: 'image_projection' })
  })

  test('in a ring with itself does not hang', () => {
    const ring = rewired(clip(), 'image_unit', { input: 'image_unit.output' })
    expect(shown(checked(withMode(ring, 'bypassed', 'image_unit')).diagnostics)).toContain('it reads nothing')
  })
})

const tower: DefJson = {
  params: {},
  in: ['input'],
  out: { output: 'unit.output' },
  nodes: {
    projection: node('layer.projection', { size: 96 }, { input: '@input' }),
    unit: node('layer.normalize', {}, { input: 'projection.output' }),
  },
}
const withTower = (): GraphDocument => {
  const doc = without(clip(), 'image_projection', 'image_unit')
  const wired = rewired(doc, 'logits', { image: 'tower.output' })
  return { ...withNode(wired, 'tower', node('def:tower', {}, { input: 'vision.pooled' })), defs: { tower } }
}

describe('a subgraph', () => {
  test('is muted and bypassed as a whole', () => {
    expect(checked(withTower()).ok).toBe(true)
    const muted = checked(withMode(withTower(), 'muted', 'tower'))
    expect(muted.ok).toBe(true)
    expect(muted.off.get('logits')).toEqual({ mode: 'muted', by: 'tower' })
    const bypassed = withParams(withMode(withTower(), 'bypassed', 'tower'), 'text_projection', { size: 192 })
    const plain = rewired(without(withTower(), 'tower'), 'logits', { image: 'vision.pooled' })
    expect(runs(bypassed)).toEqual(runs(withParams(plain, 'text_projection', { size: 192 })))
    expect(checked(bypassed).off.get('tower')).toEqual({ mode: 'bypassed', by: 'tower' })
  })

  test('with a muted node inside', () => {
    const defs = {
      tower: {
        ...tower,
        nodes: { ...tower.nodes, unit: { ...tower.nodes.unit!, mode: 'bypassed' as const } },
      },
    }
    const { ok, types } = checked({ ...withTower(), defs })
    expect(ok).toBe(true)
    expect(types.has('tower/unit.output')).toBe(false)
  })
})

describe('a reroute', () => {
  const led = (): GraphDocument => {
    const doc = rewired(clip(), 'batch', { dataset: 'turn.out' })
    return withNode(doc, 'turn', node('reroute', {}, { in: 'train_emoji.dataset' }))
  }

  test('changes nothing', () => {
    expect(runs(led())).toEqual(runs(clip()))
    const chain = rewired(withNode(led(), 'turn_2', node('reroute', {}, { in: 'turn.out' })), 'batch', {
      dataset: 'turn_2.out',
    })
    expect(runs(chain)).toEqual(runs(clip()))
    expect(runs(withMode(led(), 'bypassed', 'turn'))).toEqual(runs(clip()))
  })

  test('says what is wrong with it', () => {
    const open = withNode(led(), 'turn', { in: {} })
    expect(shown(checked(open).diagnostics)).toMatchInlineSnapshot(
      `"error DT021 node "turn" port "in": nothing is wired to "in", which "batch" needs: it takes dataset. The rows. Wire "train_emoji.dataset" or "test_emoji.dataset"."`,
    )
    const wrong = withNode(led(), 'turn', {
      params: { a: 1 },
      in: { in: 'train_emoji.dataset', other: 'batch.image' },
    })
    expect(
      shown(checked(rewired(wrong, 'batch', { dataset: 'turn.in' })).diagnostics),
    ).toMatchInlineSnapshot(`
      "error DT023 node "batch" port "dataset": the reroute "turn" has no output "in". There is: out.
      error DT011 node "turn" params.a: a reroute has no parameter "a". There is none.
      error DT020 node "turn" port "other": a reroute has no input "other". There is: in."
    `)
  })

  test('muted, takes its readers out', () => {
    expect(checked(withMode(led(), 'muted', 'turn')).off.get('batch')).toEqual({ mode: 'muted', by: 'turn' })
  })

  test('is no type of a document without nodes', () => {
    expect(checked(documentOf({ turn: node('reroute') })).ok).toBe(true)
  })
})
