import { describe, expect, test } from 'vitest'
import { GraphFault } from '../../src/graph/diagnostic.ts'
import { node } from './fixtures.ts'
import { project } from './pixels.ts'
import { Staged } from './stage-kit.ts'

describe('gradNorm', () => {
  test('names the weights there are where its own is not among them', () => {
    const s = new Staged({
      net: project('batch.image', 3),
      loss: node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'batch.other' }),
      pull: node('objective.gradNorm', { weight: 'net/wieght' }, { loss: 'loss.loss' }),
    })
    let fault: unknown
    try {
      s.value('pull.norm')
    } catch (e) {
      fault = e
    }
    expect(fault).toBeInstanceOf(GraphFault)
    expect([(fault as GraphFault).message, (fault as GraphFault).place.hint]).toMatchInlineSnapshot(`
      [
        "the loss uses no weight "net/wieght"",
        "Did you mean "net/weight"?",
      ]
    `)
  })
})
