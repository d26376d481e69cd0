import { expect, test } from 'vitest'
import { node } from '../graph/fixtures.ts'
import { projection, towers, toyGraph, trainToy, vision, words } from './toy-steps.ts'

test('a projection that starts at zero gives zero; with two of them CLIP never learns anything', () => {
  const clip = (start: string) => ({
    vision: vision('batch.image'),
    text: words('batch.caption'),
    ...towers('vision.pooled', 'text.pooled'),
    image_projection: projection('vision.pooled', { start }),
    text_projection: projection('text.pooled', { start }),
    logits: node('pair.logits', {}, { image: 'image_unit.output', text: 'text_unit.output' }),
    loss: node('objective.infoNCE', {}, { pairs: 'logits.pairs' }),
  })
  const { losses } = trainToy(toyGraph(clip('zero'), 'loss.loss'), 3)
  for (const loss of losses) expect(loss).toBeCloseTo(Math.log(4), 12)
  expect(trainToy(toyGraph(clip('normal'), 'loss.loss'), 1).losses[0]).not.toBeCloseTo(Math.log(4), 2)
})
