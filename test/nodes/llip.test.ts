import { expect, test } from 'vitest'
import { type RefTensor, refTensor } from '../../src/ir/reference.ts'
import { node } from '../graph/fixtures.ts'
import { difference } from '../nn/scope.ts'
import { projection, toyGraph, trainToy, unit, vision, words } from './toy-steps.ts'

const WIDTH = 8
const encoders = { vision: vision('batch.image', { extraTokens: 1 }), text: words('batch.caption') }
const loss = node('objective.sigmoid', {}, { pairs: 'logits.pairs' })

test('Llip with one token is SigLIP: the same loss, and the same step', () => {
  const maps = { image: 'vision.extra', text: 'text.pooled' }
  const llip = toyGraph(
    { ...encoders, logits: node('pair.captionMixer', { size: WIDTH }, maps), loss },
    'loss.loss',
  )
  const siglip = toyGraph(
    {
      ...encoders,
      v_proj: projection('vision.pooled'),
      out_proj: projection('v_proj.output'),
      text_proj: projection('text.pooled'),
      image_unit: unit('out_proj.output'),
      text_unit: unit('text_proj.output'),
      logits: node(
        'pair.logits',
        { bias: 'learned', initialBias: -10, initialScale: 10 },
        { image: 'image_unit.output', text: 'text_unit.output' },
      ),
      loss,
    },
    'loss.loss',
  )
  const initial = trainToy(llip, 0)
  const start = new Map<string, RefTensor>(initial.values)
  const data = (name: string) => start.get(name)!.data
  // Once its place is added, the class token that SigLIP pools starts as Llip's extra token, so both see the same.
  const first = Array.from(data('vision/extra_tokens'), (v, d) => v - data('vision/positional_embedding')[d]!)
  start.set('vision/class_embedding', refTensor({ dtype: 'f32', shape: [WIDTH] }, first))
  for (const map of ['v_proj', 'out_proj', 'text_proj'])
    start.set(`${map}/weight`, start.get(`logits/${map}/weight`)!)

  const [one, other] = [llip, siglip].map(graph => trainToy(graph, 1, { from: start })) as [
    typeof initial,
    typeof initial,
  ]
  expect(one.losses[0]).toBeCloseTo(other.losses[0]!, 12)
  // The tokens themselves play different parts, and what a single token is asked changes nothing.
  const apart = /^vision\/(class_embedding|positional_embedding|extra_tokens)$|^logits\/[qk]_proj/
  const both = initial.step.weights.map(w => w.name).filter(name => !apart.test(name))
  expect(both.length).toBeGreaterThan(20)
  for (const name of both) {
    const after = other.values.get(name.replace(/^logits\/(.*_proj)/, '$1'))!.data
    expect(difference(one.values.get(name)!.data, after), name).toBeLessThan(1e-9)
    expect(difference(one.values.get(name)!.data, data(name)), name).toBeGreaterThan(1e-4)
  }
})
