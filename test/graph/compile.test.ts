import { expect, it } from 'vitest'
import { clipBenchGraph } from '../../src/engine/bench/clip.ts'
import { checkGraph } from '../../src/graph/check.ts'
import { buildPairSlice, buildWireSlice } from '../../src/graph/compile/eval-slice.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import { optimize } from '../../src/ir/passes/optimize.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import { registry } from '../../src/nodes/index.ts'

const adamw: OptimizerValue = {
  kind: 'adamw',
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.2,
  schedule: { kind: 'constant', base: 1e-3, warmupSteps: 0, totalSteps: 1, final: 0 },
}
const graph = checkGraph(
  clipBenchGraph({
    batch: 4,
    image: 16,
    patch: 8,
    length: 8,
    vocabulary: 64,
    width: 16,
    heads: 2,
    visionDepth: 2,
    textDepth: 2,
  }),
  registry,
)

it('a training step comes optimised: nothing is left to do, and the graph nodes are still named', () => {
  const { weights, state, batch, variants } = buildTrainStep(graph, 'train', [adamw])
  const { program, donate } = variants[0]!
  expect(optimize(program)).toBe(program)
  const nodes = new Set(program.equations.map(eq => eq.origin))
  for (const id of ['vision', 'text', 'image_projection', 'image_unit', 'logits', 'loss', 'train'])
    expect(nodes).toContain(id)
  // One bias correction and one learning rate for all weights.
  const powers = program.equations.filter(eq => eq.prim.name === 'exp' && eq.origin === 'train')
  expect(powers.length).toBeLessThan(10)
  // Arguments stay where they were, so that donated indices mean the same arrays.
  expect(program.inputs.map(i => i.name)).toEqual([
    ...weights.map(w => w.name),
    ...state.map(s => s.name),
    'step',
    'key',
    ...batch.map(b => b.name),
  ])
  expect(donate.length).toBe(weights.length + state.length + 1)
})

it('evaluation slices come optimised too', () => {
  const image = 'image_unit.output'
  const wire = buildWireSlice(graph, image, 3)
  const tile = buildPairSlice(
    graph,
    'logits.pairs',
    { node: 'logits', rows: image, columns: 'text_unit.output' },
    3,
    5,
  )
  for (const { program } of [wire, tile]) expect(optimize(program)).toBe(program)
})
