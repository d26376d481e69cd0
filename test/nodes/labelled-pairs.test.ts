import { describe, expect, test } from 'vitest'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { DeviceNode } from '../../src/graph/kit.ts'
import { dim, type RecordPort, tensorPort } from '../../src/graph/types.ts'
import type { Var } from '../../src/ir/program.ts'
import { registry } from '../../src/nodes/index.ts'
import { node } from '../graph/fixtures.ts'
import { gradientError } from '../nn/gradients.ts'
import { run, TestModel } from '../nn/scope.ts'
import { faultsOf, ROWS, towers, toyGraph, trainToy, vision, words } from './toy-steps.ts'

const B = 3
const E = 4
const device = (type: string) => registry.get(type) as DeviceNode

/** The loss of logits `x` with labels `t`, as a program's sum and count. */
function crossEntropy(model: TestModel, x: Var, t: Var): { readonly sum: Var; readonly count: Var } {
  const def = device('objective.binaryCrossEntropy')
  const built = def.build(
    model.s,
    def.params.parse({}),
    { logits: x, labels: t },
    { inputs: {}, outputs: {} },
  )
  return built.loss as unknown as { readonly sum: Var; readonly count: Var }
}

describe('binary cross-entropy with labels', () => {
  test('is −ln of the probability of what is true, and leaves out what has no label', () => {
    const model = new TestModel()
    const loss = crossEntropy(model, model.input('x', 'f32[5]'), model.input('t', 's32[5]'))
    const x = [2, -1, 0.5, 40, -800]
    const { sum, count } = run(model.program({ ...loss }), { x, t: [1, 0, -1, 1, 0] })
    const ofTrue = (logit: number) => Math.log1p(Math.exp(-logit))
    expect(sum![0]).toBeCloseTo(ofTrue(2) + ofTrue(1) + ofTrue(40), 12)
    expect(count![0]).toBe(4)
    const none = run(model.program({}), { x, t: [-1, -1, -1, -1, -1] })
    expect([none.sum![0], none.count![0]]).toEqual([0, 1])
  })

  test('its gradient is that of finite differences', () => {
    const build = (model: TestModel) =>
      crossEntropy(model, model.input('x', 'f32[5]'), model.input('t', 's32[5]')).sum
    expect(gradientError(build, { t: [1, 0, -1, 1, 0] })).toBeLessThan(1e-8)
  })
})

describe('the pairs of one row', () => {
  const dims = [dim('batch', B), dim('batch′', B)]
  const fields = {
    logits: tensorPort('float', ...dims),
    scale: tensorPort('float'),
    bias: tensorPort('float'),
    rows: tensorPort('float', dims[0]!, dim('embed', E)),
    columns: tensorPort('float', dims[1]!, dim('embed', E)),
  }
  const own = (model: TestModel, names: readonly (keyof typeof fields)[]): Var => {
    const { b } = model
    const [rows, columns] = [model.input('rows', `f32[${B},${E}]`), model.input('columns', `f32[${B},${E}]`)]
    const [scale, bias] = [model.input('scale', 'f32[]'), model.input('bias', 'f32[]')]
    const contract = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] }
    const logits = b.add(b.mul(b.dotGeneral(rows, columns, contract), scale), bias)
    const all = { logits, scale, bias, rows, columns }
    const some = Object.fromEntries(names.map(name => [name, all[name]]))
    const pairs: RecordPort = {
      kind: 'record',
      record: 'pairs',
      fields: Object.fromEntries(names.map(name => [name, fields[name]])),
    }
    const types = { inputs: { pairs }, outputs: {} }
    return device('pair.diagonal').build(model.s, {}, { pairs: some }, types).logits as Var
  }
  const WHOLE = ['logits', 'scale', 'bias', 'rows', 'columns'] as const
  const values = {
    rows: Array.from({ length: B * E }, (_, i) => Math.sin(i)),
    columns: Array.from({ length: B * E }, (_, i) => Math.cos(3 * i)),
    scale: [7],
    bias: [-2],
  }

  test('are the diagonal of the logits, made from the embeddings where there are any', () => {
    const expected = Array.from({ length: B }, (_, i) => {
      const at = (xs: readonly number[], k: number) => xs[i * E + k]!
      return 7 * [0, 1, 2, 3].reduce((s, k) => s + at(values.rows, k) * at(values.columns, k), 0) - 2
    })
    for (const names of [WHOLE, ['logits', 'scale', 'bias']] as const) {
      const model = new TestModel()
      const { out } = run(model.program({ out: own(model, names) }), values)
      out!.forEach((x, i) => {
        expect(x).toBeCloseTo(expected[i]!, 12)
      })
      expect(gradientError(m => own(m, names), {})).toBeLessThan(1e-8)
    }
  })
})

const STATEMENTS = {
  vision: vision('batch.image'),
  text: words('batch.caption'),
  ...towers('vision.pooled', 'text.pooled'),
  logits: node(
    'pair.logits',
    { bias: 'learned', initialBias: 0 },
    { image: 'image_unit.output', text: 'text_unit.output' },
  ),
  own_pairs: node('pair.diagonal', {}, { pairs: 'logits.pairs' }),
  loss: node('objective.binaryCrossEntropy', {}, { logits: 'own_pairs.logits', labels: 'batch.kind' }),
}

test('two towers learn which pairs are true, and never compare other rows', () => {
  const graph = toyGraph(STATEMENTS, 'loss.loss')
  const { losses, values } = trainToy(graph, 40, { fields: { 'batch.kind/values': [1, 0, 0, 1] } })
  expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!)
  expect(values.get('logits/logit_bias')!.data[0]).not.toBe(0)
  const sgd = { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0 } as const
  const schedule = { kind: 'constant', base: 0.1, warmupSteps: 0, totalSteps: 1, final: 0 } as const
  const { program } = buildTrainStep(graph, 'train', [{ ...sgd, schedule }]).variants[0]!
  const shapes = program.equations.flatMap(eq => eq.outs.map(o => o.type.shape.join()))
  expect(shapes).not.toContain(`${ROWS},${ROWS}`)
})

test('labels of another shape than the logits are refused on the wire', () => {
  const loss = node('objective.binaryCrossEntropy', {}, { logits: 'image_unit.output', labels: 'batch.kind' })
  expect(faultsOf({ ...STATEMENTS, loss }, 'loss.loss')).toMatchInlineSnapshot(
    `"error DT034 node "loss" port "labels": each logit needs its label: "logits" is float[batch 4, embed 8], "labels" is int[batch 4]. Wire a column of the Batch that the logits are made from."`,
  )
})
