import { expect, test } from 'vitest'
import { checked, clip, node, shown } from './fixtures.ts'

/** The CLIP document, whose Train takes 300 steps, with a window of its curve. */
function windowed(params: Readonly<Record<string, unknown>>) {
  const doc = clip()
  const { train } = doc.nodes
  const short = { ...train!, params: { ...train!.params, steps: 300 } }
  const start = node('evaluation.curve', params, { curve: 'train.curve' })
  return shown(checked({ ...doc, nodes: { ...doc.nodes, train: short, start } }).diagnostics)
}

test('steps of a curve that its Train does not take are found before it trains', () => {
  expect(windowed({ from: 100, steps: 200 })).toBe('')
  expect(windowed({ from: 101, steps: 200 })).toMatchInlineSnapshot(
    `"error DT052 node "start" params.steps: steps 101 to 300 of a Train of 300 steps. Set steps to at most 199."`,
  )
  expect(windowed({ from: 300, steps: 1 })).toMatchInlineSnapshot(
    `"error DT052 node "start" params.from: steps 300 to 300 of a Train of 300 steps. Set from below 300."`,
  )
})
