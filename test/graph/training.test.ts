import { expect, test } from 'vitest'
import type { CheckedGraph } from '../../src/graph/check.ts'
import { buildWireSlice } from '../../src/graph/compile/eval-slice.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { NodeJson } from '../../src/graph/document.ts'
import { type RefTensor, refTensor } from '../../src/ir/reference.ts'
import { elementCount } from '../../src/ir/types.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import { evaluate } from '../../src/runtime/reference/evaluate.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'
import { difference } from '../nn/scope.ts'
import { node, shown } from './fixtures.ts'
import { pixelGraph, project, ROWS, training } from './pixels.ts'

type Arrays = Readonly<Record<string, GoldenArray>>

interface Case {
  readonly batches: readonly Arrays[]
  readonly start: Arrays
  readonly steps: readonly { readonly losses: readonly number[]; readonly after: Arrays }[]
}

interface Golden {
  readonly rate: number
  readonly momentum: number
  readonly gan: { readonly together: Case; readonly in_sequence: Case }
  readonly batch_norm: Case & { readonly evaluated: GoldenArray }
  readonly codebook: Case & { readonly decay: number; readonly beta: number }
  readonly momentum_encoder: Case & { readonly decay: number }
  readonly adaptive_weight: Case
  readonly frozen_reference: Case & { readonly frozen: GoldenArray }
}

type Values = Map<string, RefTensor>

const mse = (prediction: string, target: string): NodeJson =>
  node('objective.meanSquaredError', {}, { prediction, target })
const judged = (logits: string, target: number): NodeJson =>
  node('objective.binaryCrossEntropy', { target }, { logits })

describeGolden<Golden>('training', golden => {
  const sgd: OptimizerValue = {
    kind: 'sgd',
    momentum: golden.momentum,
    nesterov: false,
    weightDecay: 0,
    schedule: { kind: 'constant', base: golden.rate, warmupSteps: 0, totalSteps: 1, final: 0 },
  }

  /** Trains on the batches of a case in float64, comparing every step with it; gives the last values. */
  function follow(graph: CheckedGraph, example: Case, further: Arrays = {}): Values {
    expect(shown(graph.diagnostics)).toBe('')
    const step = buildTrainStep(graph, 'train', [sgd])
    const values: Values = new Map()
    for (const w of [...step.weights, ...step.bound]) {
      const name = w.startsAs !== undefined && !example.start[w.name] ? w.startsAs : w.name
      const given = example.start[name] ?? further[name]
      if (!given) throw new Error(`the case has no "${name}"`)
      values.set(w.name, refTensor({ dtype: 'f32', shape: w.shape }, given.data))
    }
    for (const s of step.state)
      values.set(s.name, refTensor(s.type, new Float64Array(elementCount(s.type.shape))))
    values.set('key', refTensor({ dtype: 'u32', shape: [2] }, [1, 2]))
    example.batches.forEach((batch, t) => {
      const { program, kept, metrics } = step.variantAt(t)
      values.set('step', refTensor({ dtype: 's32', shape: [] }, [t]))
      const results = evaluate(
        program,
        program.inputs.map(({ name, value }) => {
          const pixels = /^batch\.(\w+)\/pixels$/.exec(name)
          return pixels ? refTensor(value.type, batch[pixels[1]!]!.data) : values.get(name)!
        }),
      )
      kept.forEach((name, i) => {
        values.set(name, results[i]!)
      })
      const losses = metrics.flatMap((name, i) =>
        name.startsWith('train/loss') ? [results[kept.length + i]!.data[0]!] : [],
      )
      const wanted = example.steps[t]!
      expect(losses.length).toBeGreaterThan(0)
      losses.forEach((loss, k) => {
        expect(loss, `loss ${k} of step ${t}`).toBeCloseTo(wanted.losses[k]!, 9)
      })
      for (const [name, after] of Object.entries(wanted.after))
        expect(difference(values.get(name)!.data, after.data), `${name} after step ${t}`).toBeLessThan(1e-9)
    })
    return values
  }

  const gan = (order: 'together' | 'in sequence') =>
    pixelGraph({
      generator: project('batch.other', 3),
      judge: project('batch.image', 1, { bias: true }),
      judge_made: project('generator.output', 1, { bias: true, sharedWith: { $node: 'judge' } }),
      real: judged('judge.output', 1),
      made: judged('judge_made.output', 0),
      judging: node('objective.weightedSum', { weights: [1, 0.5] }, { losses: ['real.loss', 'made.loss'] }),
      fooling: judged('judge_made.output', 1),
      ...training(['judging.loss', 'fooling.loss'], {
        order,
        objectives: [{ trainable: 'judge/*' }, { trainable: 'generator/*', every: 2 }],
      }),
    })

  test('a GAN: the generator, whose turn comes every second step, is left alone on the others', () => {
    follow(gan('together'), golden.gan.together)
  })

  test('a GAN in sequence: the generator meets the discriminator that this step has made', () => {
    follow(gan('in sequence'), golden.gan.in_sequence)
  })

  const normed = (params: Readonly<Record<string, unknown>> = {}) => {
    const encoder = (input: string, more = {}) => project(input, 4, more)
    const norm = (input: string, more = {}) => node('layer.batchNorm', more, { input })
    return pixelGraph({
      encoder: encoder('batch.image'),
      encoder_too: encoder('batch.other', { sharedWith: { $node: 'encoder' } }),
      norm: norm('encoder.output'),
      norm_too: norm('encoder_too.output', { sharedWith: { $node: 'norm' } }),
      loss: mse('norm.output', 'norm_too.output'),
      ...training(['loss.loss'], params),
    })
  }

  test('a batch norm behind a shared encoder updates its running statistics view by view', () => {
    const graph = normed()
    const values = follow(graph, golden.batch_norm)
    const slice = buildWireSlice(graph, 'norm.output', ROWS)
    const [evaluated] = evaluate(
      slice.program,
      slice.program.inputs.map(
        ({ name, value }) =>
          values.get(name) ?? refTensor(value.type, golden.batch_norm.batches[0]!.image!.data),
      ),
    )
    expect(difference(evaluated!.data, golden.batch_norm.evaluated.data)).toBeLessThan(1e-9)
  })

  test('under accumulation the batch norm still sees the whole batch', () => {
    follow(normed({ accumulate: ROWS }), golden.batch_norm)
  })

  const coded = (params: Readonly<Record<string, unknown>> = {}) => {
    const { decay, beta } = golden.codebook
    return pixelGraph({
      encoder: project('batch.image', 2),
      quantiser: node('layer.vectorQuantizer', { size: 4, decay, beta }, { input: 'encoder.output' }),
      decoder: project('quantiser.codes', 3),
      picture: mse('decoder.output', 'batch.image'),
      loss: node('objective.weightedSum', {}, { losses: ['picture.loss', 'quantiser.loss'] }),
      ...training(['loss.loss'], params),
    })
  }

  test('a moving-average codebook follows its vectors after each step', () => {
    follow(coded(), golden.codebook)
  })

  test('under accumulation the codebook follows the whole batch', () => {
    follow(coded({ accumulate: ROWS }), golden.codebook)
  })

  test.each([1, ROWS])(
    'a momentum encoder starts as the encoder and follows it after each step, in %i parts',
    accumulate => {
      const averageDecay = golden.momentum_encoder.decay
      const graph = pixelGraph({
        query: project('batch.image', 2),
        key: project('batch.other', 2, { averageOf: { $node: 'query' }, averageDecay }),
        loss: mse('query.output', 'key.output'),
        ...training(['loss.loss'], { accumulate }),
      })
      follow(graph, golden.momentum_encoder)
    },
  )

  const balanced = (params: Readonly<Record<string, unknown>> = {}) => {
    const norm = (loss: string) => node('objective.gradNorm', { weight: 'decoder/weight' }, { loss })
    return pixelGraph({
      decoder: project('batch.image', 3),
      judge: project('decoder.output', 1, { trainable: false }),
      picture: mse('decoder.output', 'batch.other'),
      fooling: judged('judge.output', 1),
      pull_picture: norm('picture.loss'),
      pull_fooling: norm('fooling.loss'),
      factor: node('objective.adaptiveWeight', {}, { main: 'pull_picture.norm', other: 'pull_fooling.norm' }),
      balanced: node('objective.scale', {}, { loss: 'fooling.loss', by: 'factor.weight' }),
      loss: node('objective.weightedSum', {}, { losses: ['picture.loss', 'balanced.loss'] }),
      ...training(['loss.loss'], params),
    })
  }

  test('an adaptive weight balances two losses by their gradients at the last layer', () => {
    follow(balanced(), golden.adaptive_weight)
  })

  test('the norm of a gradient of the whole batch is refused under accumulation', () => {
    expect(() =>
      buildTrainStep(balanced({ accumulate: 2 }), 'train', [sgd]),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GraphFault: "pull_picture" reads "decoder/weight" over the whole batch, accumulation only over parts]`,
    )
  })

  test.each([1, ROWS])(
    'a frozen reference stays as it was given beside the live weights, in %i parts',
    accumulate => {
      const graph = pixelGraph({
        encoder: project('batch.image', 2),
        before: node('train', { steps: 1 }, { loss: ['first.loss'], optimizer: ['sgd.optimizer'] }),
        first: mse('encoder.output', 'encoder.output'),
        frozen: node('weights.bind', {}, { input: 'encoder.output', weights: 'before.weights' }),
        loss: mse('encoder.output', 'frozen.output'),
        ...training(['loss.loss'], { accumulate }),
      })
      follow(graph, golden.frozen_reference, { 'frozen/encoder/weight': golden.frozen_reference.frozen })
    },
  )

  test('a momentum encoder moves on the steps too on which nothing that acts reads it', () => {
    const graph = pixelGraph({
      query: project('batch.image', 2),
      key: project('batch.other', 2, { averageOf: { $node: 'query' }, averageDecay: 0.5 }),
      near: mse('query.output', 'key.output'),
      other: project('query.output', 2),
      plain: mse('query.output', 'other.output'),
      ...training(['plain.loss', 'near.loss'], {
        objectives: [{ trainable: 'other/*' }, { trainable: 'query/*', every: 2 }],
      }),
    })
    expect(shown(graph.diagnostics)).toBe('')
    const step = buildTrainStep(graph, 'train', [sgd])
    expect(step.variants.map(v => v.kept.includes('key/weight'))).toEqual([true, true])
  })
})
