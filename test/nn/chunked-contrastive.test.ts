import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import type { Var } from '../../src/ir/program.ts'
import { chunkedInfoNce, chunkedSigmoid } from '../../src/nn/chunked-contrastive.ts'
import { infoNce, type LossTerms } from '../../src/nn/contrastive.ts'
import { sigmoidPairs } from '../../src/nn/sigmoid-pairs.ts'
import { type Similarity, tileLogits } from '../../src/nn/tiles.ts'
import { gradientError } from './gradients.ts'
import { difference, run, TestModel, withNoise } from './scope.ts'

const WIDTH = 3

/** Similarities of `rows` with `columns` embeddings, all of it inputs. */
function similarity(m: TestModel, rows: number, columns: number, name = ''): Similarity {
  return {
    rows: m.input(`rows${name}`, `f32[${rows},${WIDTH}]`),
    columns: m.input(`columns${name}`, `f32[${columns},${WIDTH}]`),
    scale: m.input(`scale${name}`, 'f32[]'),
    bias: m.input(`bias${name}`, 'f32[]'),
  }
}

type Build = (m: TestModel) => LossTerms

/** The loss and its gradients with respect to every input. */
function results(build: Build): Record<string, Float64Array> {
  const m = new TestModel()
  const { sum, count } = build(m)
  const loss = m.b.div(sum, count)
  const { inputs } = m.b.finish('inputs')
  const grads = gradient(
    m.b,
    loss,
    inputs.map(i => i.value),
  )
  const program = m.program({
    loss,
    count,
    ...Object.fromEntries(grads.map((g, i) => [inputs[i]!.name, g])),
  })
  return run(program, withNoise(program, { scale: [9], bias: [-4], scale1: [7], bias1: [0.5] }))
}

const logits = (m: TestModel, s: Similarity): Var => tileLogits(m.b, s, s.rows, s.columns)

const CASES: readonly (readonly [string, Build, (chunk: number) => Build])[] = [
  [
    'InfoNCE',
    m => infoNce(m.b, logits(m, similarity(m, 6, 6))),
    chunk => m => chunkedInfoNce(m.b, similarity(m, 6, 6), { chunk }),
  ],
  [
    'InfoNCE with label smoothing',
    m => infoNce(m.b, logits(m, similarity(m, 6, 6)), { labelSmoothing: 0.2 }),
    chunk => m => chunkedInfoNce(m.b, similarity(m, 6, 6), { chunk, labelSmoothing: 0.2 }),
  ],
  [
    'InfoNCE with hard negatives and label smoothing',
    m => {
      const s = similarity(m, 6, 6)
      const further = { ...similarity(m, 6, 12, '1'), rows: s.rows }
      return infoNce(m.b, logits(m, s), { labelSmoothing: 0.1, negatives: [logits(m, further)] })
    },
    chunk => m => {
      const s = similarity(m, 6, 6)
      const further = { ...similarity(m, 6, 12, '1'), rows: s.rows }
      return chunkedInfoNce(m.b, s, { chunk, labelSmoothing: 0.1, negatives: [further] })
    },
  ],
  [
    "SigLIP's loss",
    m => sigmoidPairs(m.b, logits(m, similarity(m, 6, 6))),
    chunk => m => chunkedSigmoid(m.b, similarity(m, 6, 6), chunk),
  ],
]

describe.each(CASES)('%s in chunks', (_, plain, chunked) => {
  test.each([1, 2, 3, 6])('of %i is the loss over the whole matrix, and so are its gradients', chunk => {
    const [want, got] = [results(plain), results(chunked(chunk))]
    for (const name of Object.keys(want))
      expect([name, difference(got[name]!, want[name]!) < 1e-12]).toEqual([name, true])
  })

  test('has the gradient that finite differences give', () => {
    expect(gradientError(m => chunked(2)(m).sum)).toBeLessThan(1e-8)
  })
})

test('chunks that do not divide the batch are refused', () => {
  const m = new TestModel()
  expect(() => chunkedSigmoid(m.b, similarity(m, 6, 6), 4)).toThrow("chunks of 4 don't divide f32[6,3]")
})

test('sides of different length are refused with both', () => {
  const m = new TestModel()
  expect(() => chunkedInfoNce(m.b, similarity(m, 6, 4), { chunk: 2 })).toThrow('f32[6,3] and f32[4,3]')
})

test('large similarities neither overflow nor lose the loss', () => {
  const m = new TestModel()
  const s = similarity(m, 2, 2)
  const { sum, count } = chunkedInfoNce(m.b, s, { chunk: 1 })
  const program = m.program({ loss: m.b.div(sum, count) })
  const eye = [1, 0, 0, 0, 1, 0]
  const at = (scale: number) => run(program, { rows: eye, columns: eye, scale: [scale], bias: [0] }).loss![0]!
  expect(at(1e4)).toBe(0)
  expect(at(-1e4)).toBeCloseTo(1e4, 8)
})
