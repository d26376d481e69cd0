import { describe, expect, test } from 'vitest'
import { checked, clip, node, shown } from './fixtures.ts'

type Params = Readonly<Record<string, unknown>>

/** The CLIP document with a second Train. */
function arms(params: { readonly train?: Params; readonly control?: Params }) {
  const doc = clip()
  const { train } = doc.nodes
  const arm = (more: Params = {}) => ({ ...train!, params: { ...train!.params, ...more } })
  return shown(
    checked({ ...doc, nodes: { ...doc.nodes, train: arm(params.train), control: arm(params.control) } })
      .diagnostics,
  )
}
const pairedWith = (id: string) => ({ pairedWith: { $node: id } })

describe('a Train is paired with', () => {
  test('another Train', () => {
    expect(arms({ control: pairedWith('train') })).toBe('')
  })

  test('no node that isn’t there, that is no Train, or that is itself', () => {
    expect(arms({ control: pairedWith('trian') })).toMatchInlineSnapshot(
      `"error DT025 node "control" params.pairedWith: it refers to the node "trian", which isn't there. Did you mean "train"?"`,
    )
    expect(arms({ control: pairedWith('vision') })).toMatchInlineSnapshot(
      `"error DT025 node "control" params.pairedWith: a Train is paired with a Train, but "vision" is "encoder.vit". Other Trains: "train"."`,
    )
    expect(arms({ control: pairedWith('control') })).toMatchInlineSnapshot(
      `"error DT025 node "control" params.pairedWith: a Train can’t be paired with itself. Name the other arm, or remove it."`,
    )
  })

  test('no Train that is paired itself', () => {
    expect(arms({ train: pairedWith('control'), control: pairedWith('train') })).toMatchInlineSnapshot(
      `"error DT025 node "control" params.pairedWith: "train" has no order of its own: it is paired with "control". One of the two must keep its own order."`,
    )
    const doc = clip()
    const { train } = doc.nodes
    const arm = (id: string) => ({ ...train!, params: { ...train!.params, ...pairedWith(id) } })
    const chained = checked({ ...doc, nodes: { ...doc.nodes, second: arm('train'), third: arm('second') } })
    expect(shown(chained.diagnostics)).toMatchInlineSnapshot(
      `"error DT025 node "third" params.pairedWith: "second" has no order of its own: it is paired with "train". Pair it with "train"."`,
    )
  })

  test('another, and then has no seed of its own', () => {
    expect(arms({ control: { ...pairedWith('train'), seed: 3 } })).toMatchInlineSnapshot(
      `"error DT052 node "control" params.seed: it takes the seed of "train", and it has one of its own. Keep one of "seed" and "pairedWith"."`,
    )
  })
})

describe('a bar', () => {
  const bar = (params: Params, wires: Readonly<Record<string, string>>) => {
    const doc = clip()
    return shown(
      checked({ ...doc, nodes: { ...doc.nodes, bar: node('evaluation.bar', params, wires) } }).diagnostics,
    )
  }

  test('takes one report or two', () => {
    expect(bar({ metric: 'top1' }, { a: 'zero_shot.report' })).toBe('')
    expect(bar({ metric: 'top1' }, { a: 'zero_shot.report', b: 'retrieval.report' })).toBe('')
    expect(bar({}, {})).toMatchInlineSnapshot(
      `"error DT021 node "bar" port "a": nothing is wired to "a", which takes report. The report that the claim is about. Wire "train.curve" or "retrieval.report" or "zero_shot.report"."`,
    )
    expect(bar({}, { a: 'train.weights' })).toMatchInlineSnapshot(
      `"error DT030 node "bar" port "a": the input takes report, the wire carries weights. Another output fits: "train.curve"."`,
    )
  })

  test('compares with one thing', () => {
    const one = { a: 'zero_shot.report' }
    const two = { ...one, b: 'retrieval.report' }
    expect(bar({ relation: 'chance' }, two)).toMatchInlineSnapshot(
      `"error DT052 node "bar" port "b": "chance" compares with a number, and there is "b". Remove "b", or choose greater, less or noWorse."`,
    )
    expect(bar({ relation: 'atLeast', against: 'top1' }, one)).toMatchInlineSnapshot(
      `"error DT052 node "bar" params.against: "atLeast" compares with a number, and there is "against". Remove "against", or choose greater, less or noWorse."`,
    )
    expect(bar({ value: 0.5 }, two)).toMatchInlineSnapshot(
      `"error DT052 node "bar" params.value: it has a number to compare with, and "b" too. Keep one of "value" and "b"."`,
    )
    expect(bar({ metric: 'top1', against: 'top1' }, one)).toMatchInlineSnapshot(
      `"error DT052 node "bar" params.against: "top1" of one report is compared with itself. Name another figure, or wire a second report to "b"."`,
    )
    expect(bar({ relation: 'better' }, two)).toMatchInlineSnapshot(
      `"error DT012 node "bar" params.relation: it must be "greater" or "less" or "noWorse" or "chance" or "atLeast", not "better""`,
    )
  })
})
