import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Report } from '../../src/graph/host.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { documentOf, node } from '../graph/fixtures.ts'
import { runHere } from './run-kit.ts'
import { fileScratch } from './toy.ts'

const scratch = fileScratch()
const cache = join(scratch, 'cache')

const scenes = (params: object) =>
  node('data.scenes', {
    rows: 'statements',
    negatives: ['replace_attribute', 'swap_relation'],
    fewest: 2,
    most: 2,
    ...params,
  })
const towerless = (side: string, input: string) => ({
  [`${side}_projection`]: node('layer.projection', { size: 8 }, { input }),
  [`${side}_unit`]: node('layer.normalize', {}, { input: `${side}_projection.output` }),
})

/** Towers small enough for the reference backend, trained for a step on statements about scenes. */
function graphOf(name: string, more: object, wires: object): string {
  const document = documentOf({
    data: scenes({ count: 16 }),
    test_scenes: scenes({ count: 12, split: 'test' }),
    held: scenes({ count: 8, split: 'test', sceneSeed: 1 }),
    tokenizer: node('text.bpe', { vocabSize: 300 }, { dataset: 'data.dataset' }),
    batch: node(
      'data.batch',
      { size: 8, imageSize: 16, textLength: 24 },
      { dataset: 'data.dataset', tokenizer: 'tokenizer.tokenizer' },
    ),
    vision: node('encoder.vit', { width: 8, depth: 1, heads: 2, patch: 8 }, { image: 'batch.image' }),
    text: node('encoder.text', { width: 8, depth: 1, heads: 2 }, { text: 'batch.caption' }),
    ...towerless('image', 'vision.pooled'),
    ...towerless('text', 'text.pooled'),
    logits: node('pair.logits', {}, { image: 'image_unit.output', text: 'text_unit.output' }),
    own_pairs: node('pair.diagonal', {}, { pairs: 'logits.pairs' }),
    loss: node('objective.binaryCrossEntropy', {}, { logits: 'own_pairs.logits', labels: 'batch.label' }),
    schedule: node('optimizer.schedule', { kind: 'constant', rate: 0.01 }),
    adamw: node('optimizer.adamw', {}, { schedule: 'schedule.schedule' }),
    train: node('train', { steps: 1 }, { loss: ['loss.loss'], optimizer: ['adamw.optimizer'] }),
    truth: node(
      'evaluation.statements',
      { kind: 'kind', blind: true, ...more },
      { pairs: 'logits.pairs', dataset: 'test_scenes.dataset', weights: 'train.weights', ...wires },
    ),
  })
  const file = join(scratch, `${name}.json`)
  writeFileSync(file, writeGraph(document))
  return file
}

async function reportOf(name: string, more: object = {}, wires: object = {}): Promise<Report> {
  const { result } = await runHere(graphOf(name, more, wires), { cache })
  expect(result).toMatchObject({ type: 'result', outcome: 'completed' })
  return 'reports' in result ? result.reports.truth! : expect.fail('no report')
}

test('statements are judged by thresholds of their own parts, of validation rows, or fixed', async () => {
  const crosswise = await reportOf('crosswise')
  const validated = await reportOf('validated', {}, { validation: 'held.dataset' })
  const fixed = await reportOf('fixed', { threshold: 0 })
  const n = crosswise.metrics.n!
  expect(n).toBeGreaterThan(12)
  for (const report of [crosswise, validated, fixed]) {
    // The scores are the same whatever the threshold, and so is what needs none.
    for (const figure of ['auroc', 'blind_auroc', 'majority', 'n', 'tied_pairs'])
      expect(report.metrics[figure], figure).toBe(crosswise.metrics[figure])
    expect(report.items!.accuracy).toHaveLength(n)
    expect(report.items!.blind_accuracy).toHaveLength(n)
    expect(report.metrics['accuracy/replace_attribute']).toBeTypeOf('number')
    expect(report.attribution?.[0]?.name).toBe('Scenes')
  }
  expect(fixed.metrics.threshold).toBe(0)
}, 60_000)
