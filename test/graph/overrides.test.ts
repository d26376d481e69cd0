import { describe, expect, test } from 'vitest'
import { applyCommand } from '../../src/graph/apply-command.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import { checked, clip, shown, withParams } from './fixtures.ts'

const sgd: OptimizerValue = {
  kind: 'sgd',
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  schedule: { kind: 'constant', base: 1, warmupSteps: 0, totalSteps: 1, final: 0 },
}

const overriding = (...overrides: readonly object[]) => checked(withParams(clip(), 'train', { overrides }))
const findings = (...overrides: readonly object[]) => shown(overriding(...overrides).diagnostics)

describe('overrides of a Train', () => {
  test('are those of its stage alone: batches, sizes and weights follow', () => {
    const graph = overriding(
      { $node: 'batch', params: { size: 16, imageSize: 32 } },
      { $node: 'vision', params: { depth: 2 } },
    )
    expect(shown(graph.diagnostics)).toBe('')
    const step = buildTrainStep(graph, 'train', [sgd])
    expect(step.batch.map(b => `${b.name} ${b.type.shape}`)).toEqual([
      'batch.caption/ids 16,32',
      'batch.caption/eot 16',
      'batch.image/pixels 16,32,32,3',
    ])
    const blocks = step.weights.flatMap(w => /^vision\/.*blocks\/(\d+)\//.exec(w.name)?.[1] ?? [])
    expect(new Set(blocks)).toEqual(new Set(['0', '1']))
    // Its own parameters stay as they are for everyone else.
    expect(graph.nodes.get('vision')!.params.depth).toBe(4)
    expect(graph.nodes.get('batch')!.params.size).toBe(128)
  })

  test('later ones of a node add to earlier ones', () => {
    const graph = overriding(
      { $node: 'batch', params: { size: 16 } },
      { $node: 'batch', params: { imageSize: 32 } },
    )
    const step = buildTrainStep(graph, 'train', [sgd])
    expect(step.batch.at(-1)!.type.shape).toEqual([16, 32, 32, 3])
  })

  test('a node that isn’t there, or that makes no loss', () => {
    expect(findings({ $node: 'visoin', params: {} })).toMatchInlineSnapshot(
      `"error DT025 node "train" params.overrides.0: it refers to the node "visoin", which isn't there. Did you mean "vision"?"`,
    )
    expect(findings({ $node: 'retrieval', params: {} })).toMatchInlineSnapshot(
      `"error DT052 node "train" params.overrides.0.$node: no loss of this Train is made by "retrieval". Name a Batch or a node between a Batch and a loss."`,
    )
    expect(findings({ $node: 'tokenizer', params: {} })).toMatchInlineSnapshot(
      `"error DT052 node "train" params.overrides.0.$node: no loss of this Train is made by "tokenizer". Name a Batch or a node between a Batch and a loss."`,
    )
  })

  test('a parameter that the node lacks, or a bad value', () => {
    expect(findings({ $node: 'vision', params: { dept: 2 } })).toMatchInlineSnapshot(
      `"error DT011 node "train" params.overrides.0.params.dept: "encoder.vit" has no parameter "dept". Did you mean "depth"?"`,
    )
    expect(
      findings({ $node: 'vision', params: { depth: 2 } }, { $node: 'text', params: { depth: 'deep' } }),
    ).toMatchInlineSnapshot(
      `"error DT012 node "train" params.overrides.1.params.depth: it must be a number, not "deep""`,
    )
  })

  test('shapes that no longer fit', () => {
    expect(findings({ $node: 'text_projection', params: { size: 64 } })).toMatchInlineSnapshot(
      `"error DT034 node "train" params.overrides.0.params.size: with these parameters "logits" no longer fits: axis "embed" is 96 in "image" and 64 in "text": float[batch 128, embed 96] and float[batch 128, embed 64]. Make both embed sizes equal."`,
    )
    expect(findings({ $node: 'batch', params: { imageSize: 60, size: 16 } })).toMatchInlineSnapshot(
      `"error DT052 node "train" params.overrides.0.params: with these parameters "vision" no longer fits: patches of 8 don't divide a picture of 60 × 60. Choose a divisor of 60."`,
    )
  })

  test('a batch that accumulation doesn’t split is the overridden one', () => {
    const doc = withParams(clip(), 'train', {
      accumulate: 4,
      overrides: [{ $node: 'batch', params: { size: 30 } }],
    })
    expect(shown(checked(doc).diagnostics)).toMatchInlineSnapshot(
      `"error DT052 node "train" params.accumulate: 4 equal parts of the 30 rows of "batch" can't be made. Take a divisor of 30, or another size for the Batch."`,
    )
  })

  test('go when the node goes that they name', () => {
    const doc = withParams(clip(), 'train', { overrides: [{ $node: 'vision', params: { depth: 2 } }] })
    const { document } = applyCommand(doc, { type: 'removeNodes', ids: ['vision'] })
    expect(document.nodes.train!.params.overrides).toEqual([])
  })
})
