import { describe, expect, test } from 'vitest'
import { dotFlops } from '../../src/engine/cost.ts'
import type { CheckedGraph } from '../../src/graph/check.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import { refTensor } from '../../src/ir/reference.ts'
import { elementCount } from '../../src/ir/types.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { difference, noise } from '../nn/scope.ts'
import { checked, clip, node, shown, withParams } from './fixtures.ts'
import { pixelGraph, project, training } from './pixels.ts'

/** With a rate of 1 and nothing else, a weight after the step is the weight less its gradient. */
const sgd: OptimizerValue = {
  kind: 'sgd',
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  schedule: { kind: 'constant', base: 1, warmupSteps: 0, totalSteps: 1, final: 0 },
}

/** Loss and weights after one step on seeded values, in float64, by name. */
function stepOf(graph: CheckedGraph): Record<string, Float64Array> {
  expect(shown(graph.diagnostics)).toBe('')
  const { variants, weights } = buildTrainStep(graph, 'train', [sgd])
  const { program } = variants[0]!
  const args = program.inputs.map(({ name, value: { type } }) => {
    const size = elementCount(type.shape)
    const counts = (most: number) => Array.from(noise(name, [size]), v => Math.floor((v + 1) * 0.5 * most))
    if (name === 'step') return refTensor(type, [0])
    if (name === 'key') return refTensor(type, [1, 2])
    if (name.endsWith('/eot'))
      return refTensor(
        type,
        counts(6).map(i => i + 1),
      )
    if (name.endsWith('/ids')) return refTensor(type, counts(300))
    if (name.endsWith('/pixels')) return refTensor(type, counts(256))
    const one = weights.find(w => w.name === name)?.init.kind === 'ones' ? 1 : 0
    return refTensor(
      type,
      noise(name, [size]).map(v => one + 0.3 * v),
    )
  })
  const results = evaluate(program, args)
  // Every weight must have moved, or two steps would agree on nothing.
  const still = program.outputs.filter(({ name }, i) => {
    const at = program.inputs.findIndex(input => input.name === name)
    return at >= 0 && difference(results[i]!.data, args[at]!.data) < 1e-6
  })
  expect(still.map(o => o.name)).toEqual([])
  return Object.fromEntries(program.outputs.map((o, i) => [o.name, results[i]!.data]))
}

/** The step must make of the same values what the same step without accumulation makes. */
function sameStep(graph: (accumulate: number) => CheckedGraph, parts: readonly number[]): void {
  const whole = stepOf(graph(1))
  for (const n of parts) {
    const split = stepOf(graph(n))
    expect(Object.keys(split)).toEqual(Object.keys(whole))
    for (const [name, values] of Object.entries(whole))
      expect(difference(split[name]!, values), `${name} in ${n} parts`).toBeLessThan(1e-9)
  }
}

/** CLIP at a tiny size, without augmentation: random numbers differ from part to part. */
function tinyClip(params: Readonly<Record<string, Readonly<Record<string, unknown>>>>): GraphDocument {
  const small = {
    tokenizer: { vocabSize: 300 },
    batch: { size: 4, imageSize: 8, textLength: 8, flip: 0 },
    vision: { width: 8, depth: 1, heads: 2, patch: 4 },
    text: { width: 8, depth: 1, heads: 2 },
    image_projection: { size: 6 },
    text_projection: { size: 6 },
  }
  const changes = Object.entries({ ...small, ...params })
  return changes.reduce((doc, [id, change]) => withParams(doc, id, change), clip())
}

const mse = (prediction: string, target: string) =>
  node('objective.meanSquaredError', {}, { prediction, target })

describe('a loss whose sums add up', () => {
  const graph = (accumulate: number, more = {}) =>
    pixelGraph(
      {
        model: project('batch.image', 3, { bias: true }),
        loss: mse('model.output', 'batch.other'),
        ...training(['loss.loss'], { accumulate, ...more }),
      },
      { size: 4 },
    )

  test('makes the step of the whole batch, whatever the number of parts', () => {
    sameStep(graph, [2, 4])
  })

  test('so does a sum of several, and their gradients are clipped together', () => {
    const sum = (accumulate: number) =>
      pixelGraph(
        {
          model: project('batch.image', 3),
          back: project('model.output', 3),
          near: mse('model.output', 'batch.other'),
          far: mse('back.output', 'batch.image'),
          both: node('objective.weightedSum', { weights: [1, 0.3] }, { losses: ['near.loss', 'far.loss'] }),
          ...training(['both.loss'], { accumulate, clipNorm: 0.1 }),
        },
        { size: 4 },
      )
    sameStep(sum, [2])
  })

  test('two objectives go over the parts once', () => {
    const two = (accumulate: number, order = 'together') =>
      pixelGraph(
        {
          a: project('batch.image', 3),
          c: project('a.output', 3),
          near: mse('a.output', 'batch.other'),
          far: mse('c.output', 'batch.image'),
          ...training(['near.loss', 'far.loss'], {
            accumulate,
            order,
            objectives: [{ trainable: 'a/*' }, { trainable: 'c/*' }],
          }),
        },
        { size: 4 },
      )
    sameStep(two, [2])
    sameStep(n => two(n, 'in sequence'), [2])
    const scans = (order: string) =>
      buildTrainStep(two(2, order), 'train', [sgd]).variants[0]!.program.equations.filter(
        eq => eq.prim.name === 'scan',
      ).length
    expect([scans('together'), scans('in sequence')]).toEqual([1, 2])
  })
})

describe('a loss that compares rows', () => {
  const clipGraph = (accumulate: number, more = {}) =>
    checked(tinyClip({ train: { accumulate, clipNorm: 0, ...more } }))

  test('runs in two passes and makes the step of the whole batch', () => {
    sameStep(clipGraph, [2, 4])
  })

  test('goes with bf16, and with blocks that are computed again', () => {
    // Equal up to float64's roundings: the reference does not round to bf16.
    sameStep(n => clipGraph(n, { precision: 'bf16', gradientCheckpointing: true }), [2])
    const [plain, both] = [clipGraph(1), clipGraph(2, { gradientCheckpointing: true })].map(stepOf)
    for (const [name, values] of Object.entries(plain!))
      expect(difference(both![name]!, values), name).toBeLessThan(1e-9)
  })

  test('so it does in sequence, and with blocks that are computed again', () => {
    sameStep(n => clipGraph(n, { order: 'in sequence', gradientCheckpointing: true }), [2])
  })

  test('keeps the inner values of one part: matrix products run on parts, but for the similarities', () => {
    const program = (n: number) => buildTrainStep(clipGraph(n), 'train', [sgd]).variants[0]!.program
    const outside = program(2).equations.filter(eq => eq.prim.name === 'dot_general')
    expect(new Set(outside.map(eq => eq.origin))).toEqual(new Set(['logits']))
    // The encoders run forwards twice and backwards once: 4 passes' worth for 3.
    expect(dotFlops(program(2)) / dotFlops(program(1))).toBeCloseTo(4 / 3, 1)
  })

  test('is refused where that is asked, with the node that compares', () => {
    expect(() => buildTrainStep(clipGraph(2, { nonSeparable: 'refuse' }), 'train', [sgd])).toThrow(
      'the loss "loss.loss" can\'t be added up from parts of the batch: "logits" compares rows with each other',
    )
  })

  test('beside one that adds up', () => {
    const mixed = (accumulate: number) => {
      const doc = tinyClip({ train: { accumulate, clipNorm: 0 } })
      const near = mse('image_unit.output', 'text_unit.output')
      const both = node(
        'objective.weightedSum',
        { weights: [1, 0.5] },
        { losses: ['loss.loss', 'near.loss'] },
      )
      const train = { ...doc.nodes.train!, in: { ...doc.nodes.train!.in, loss: ['both.loss'] } }
      return checked({ ...doc, nodes: { ...doc.nodes, near, both, train } })
    }
    sameStep(mixed, [2])
  })
})

describe('batch statistics', () => {
  const normed = (accumulate: number, input = 'model.output') =>
    pixelGraph(
      {
        model: project('batch.image', 3),
        norm: node('layer.batchNorm', {}, { input }),
        head: project('norm.output', 3),
        loss: mse('head.output', 'batch.other'),
        ...training(['loss.loss'], { accumulate }),
      },
      { size: 4 },
    )

  test('are those of the whole batch, and so is the state that follows them', () => {
    sameStep(normed, [2])
    expect(Object.keys(stepOf(normed(2)))).toContain('norm/running_mean')
  })

  test('over the batch itself leave nothing to split', () => {
    expect(() => buildTrainStep(normed(2, 'batch.image'), 'train', [sgd])).toThrow(
      '"norm" compares rows with each other, and nothing that is computed before it can be split',
    )
  })

  test('a codebook is moved by the rows of the whole batch, though its loss adds up', () => {
    const codes = (accumulate: number, more = {}) =>
      pixelGraph(
        {
          model: project('batch.image', 3),
          quantiser: node('layer.vectorQuantizer', { size: 5 }, { input: 'model.output' }),
          decoder: project('quantiser.codes', 3),
          loss: mse('decoder.output', 'batch.other'),
          ...training(['loss.loss'], { accumulate, ...more }),
        },
        { size: 4 },
      )
    sameStep(codes, [2])
    expect(Object.keys(stepOf(codes(2)))).toContain('quantiser/embedding/embed_avg')
    expect(() => buildTrainStep(codes(2, { nonSeparable: 'refuse' }), 'train', [sgd])).toThrow(
      '"quantiser" updates a state from all rows',
    )
  })
})

test('a batch that the parts don’t divide is refused before anything runs', () => {
  const graph = pixelGraph(
    {
      model: project('batch.image', 3),
      loss: mse('model.output', 'batch.other'),
      ...training(['loss.loss'], { accumulate: 3 }),
    },
    { size: 4 },
  )
  expect(shown(graph.diagnostics)).toMatchInlineSnapshot(
    `"error DT052 node "train" params.accumulate: 3 equal parts of the 4 rows of "batch" can't be made. Take a divisor of 4, or another size for the Batch."`,
  )
})
