import { describe, expect, test } from 'vitest'
import type { CheckedGraph } from '../../../src/graph/check.ts'
import { buildTrainStep } from '../../../src/graph/compile/train-step.ts'
import { optimizersOf } from '../../../src/graph/insight/optimizers.ts'
import { trainInsight } from '../../../src/graph/insight/train-insight.ts'
import { flopsByOrigin } from '../../../src/ir/flops.ts'
import { elementCount } from '../../../src/ir/types.ts'
import { checked, clip, node, withParams } from '../fixtures.ts'
import { pixelGraph, project, ROWS, SIDE, training } from '../pixels.ts'

async function insight(graph: CheckedGraph, train = 'train') {
  expect(graph.diagnostics.filter(d => d.severity === 'error')).toEqual([])
  return trainInsight(graph, train, await optimizersOf(graph, train))
}

/** Bytes of the sum that the loss divides by its count. */
const SUM = 4
const PIXELS = ROWS * SIDE * SIDE

/** Two linear maps of pixels, 3 to 8 and 8 to 5, and the mean square of what comes out. */
const two = (params: Parameters<typeof training>[1] = {}, wide = {}, narrow = {}) =>
  pixelGraph({
    wide: project('batch.image', 8, wide),
    narrow: project('wide.output', 5, narrow),
    target: project('batch.other', 5, { trainable: false }),
    loss: node('objective.meanSquaredError', {}, { prediction: 'narrow.output', target: 'target.output' }),
    ...training(['loss.loss'], params),
  })

describe('the cost of each node, followed by hand', () => {
  test('parameters, and which of them are trained', async () => {
    const { nodes, total, weightBytes, optimizerBytes } = await insight(two())
    expect(nodes.wide).toMatchObject({ parameters: 24, trained: 24 })
    expect(nodes.narrow).toMatchObject({ parameters: 40, trained: 40 })
    expect(nodes.target).toMatchObject({ parameters: 15, trained: 0 })
    expect(total).toMatchObject({ parameters: 79, trained: 64, state: 0 })
    expect(weightBytes).toBe(4 * 79)
    // SGD keeps the momentum of each trained weight.
    expect(optimizerBytes).toBe(4 * 64)
  })

  test('operations: of a matrix product 2·rows·in·out, and the backward pass one or two more of them', async () => {
    const { nodes } = await insight(two())
    const wide = 2 * PIXELS * 3 * 8
    const narrow = 2 * PIXELS * 8 * 5
    expect(nodes.wide!.forwardFlops).toBe(wide)
    expect(nodes.narrow!.forwardFlops).toBe(narrow)
    // No gradient is taken of the pictures, nor behind what is frozen.
    expect(nodes.wide!.stepFlops).toBe(2 * wide)
    expect(nodes.narrow!.stepFlops).toBe(3 * narrow)
    expect(nodes.target!.stepFlops).toBe(nodes.target!.forwardFlops)
  })

  test('what is kept for the backward pass: the operands of products whose gradients are taken', async () => {
    const { nodes } = await insight(two())
    // The pixels as floats, for the weight of `wide`; its own result, for that of `narrow`; the gap of the loss.
    expect(nodes.batch!.keptBytes).toBe(4 * PIXELS * 3)
    expect(nodes.wide!.keptBytes).toBe(4 * PIXELS * 8)
    expect(nodes.loss!.keptBytes).toBe(4 * PIXELS * 5 + SUM)
    expect(nodes.narrow?.keptBytes ?? 0).toBe(0)
    expect(nodes.target!.keptBytes).toBe(0)
  })

  test('accumulated over two parts, half is kept at a time, and as much is computed', async () => {
    const whole = await insight(two())
    const parts = await insight(two({ accumulate: 2 }))
    expect(parts.nodes.wide!.keptBytes).toBe(whole.nodes.wide!.keptBytes / 2)
    expect(parts.nodes.wide!.forwardFlops).toBe(whole.nodes.wide!.forwardFlops)
    expect(parts.nodes.wide!.stepFlops).toBe(whole.nodes.wide!.stepFlops)
  })

  test('of CLIP: all weights, a third of the work forward, less kept with gradient checkpointing', async () => {
    const graph = checked(clip())
    const { nodes, total } = await insight(graph)
    const step = buildTrainStep(graph, 'train', await optimizersOf(graph, 'train'))
    expect(total.parameters).toBe(step.weights.reduce((n, w) => n + elementCount(w.shape), 0))
    expect(total.trained).toBe(total.parameters)
    expect(nodes.image_projection).toMatchObject({ parameters: 192 * 96, forwardFlops: 2 * 128 * 192 * 96 })
    expect(total.stepFlops / total.forwardFlops).toBeGreaterThan(2.7)
    expect(total.stepFlops / total.forwardFlops).toBeLessThan(3.3)
    const again = await insight(checked(withParams(clip(), 'train', { gradientCheckpointing: true })))
    expect(again.total.keptBytes).toBeLessThan(0.35 * total.keptBytes)
    expect(again.total.stepFlops).toBeGreaterThan(1.2 * total.stepFlops)
  })

  test('a scan counts each of its steps: the parts of an accumulated batch make the work of the whole', async () => {
    const step = async (params: Readonly<Record<string, unknown>>) => {
      const graph = two(params)
      const { variants } = buildTrainStep(graph, 'train', await optimizersOf(graph, 'train'))
      return flopsByOrigin(variants[0]!.program.equations).get('wide')
    }
    expect(await step({ accumulate: 2 })).toBe(await step({}))
  })
})

describe('what the gradient does on each wire', () => {
  test('trainable where it flows back to a weight, frozen where none is trained, nothing on data', async () => {
    expect((await insight(two())).flows).toEqual({
      'loss.loss': 'trainable',
      'narrow.output': 'trainable',
      'wide.output': 'trainable',
      'target.output': 'frozen',
    })
  })

  test('a frozen node after a trained one passes the gradient on; before it, there is none', async () => {
    expect((await insight(two({}, {}, { trainable: false }))).flows).toMatchObject({
      'narrow.output': 'trainable',
      'wide.output': 'trainable',
    })
    expect((await insight(two({}, { trainable: false }))).flows).toMatchObject({
      'narrow.output': 'trainable',
      'wide.output': 'frozen',
    })
  })

  test('it is the chosen Train’s: its pattern decides what trains', async () => {
    const only = (trainable: string) => insight(two({ objectives: [{ trainable }] }))
    expect((await only('narrow/*')).flows).toMatchObject({
      'wide.output': 'frozen',
      'narrow.output': 'trainable',
    })
    expect((await only('wide/*')).flows).toMatchObject({ 'wide.output': 'trainable' })
  })

  test('detached where weights that are trained elsewhere are used as constants', async () => {
    const graph = pixelGraph({
      net: project('batch.image', 5),
      copy: project('batch.other', 5, { sharedWith: { $node: 'net' }, constWeights: true }),
      loss: node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'copy.output' }),
      ...training(['loss.loss']),
    })
    expect((await insight(graph)).flows).toEqual({
      'loss.loss': 'trainable',
      'net.output': 'trainable',
      'copy.output': 'detached',
    })
  })
})
