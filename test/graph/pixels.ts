import { type CheckedGraph, checkGraph } from '../../src/graph/check.ts'
import type { NodeJson } from '../../src/graph/document.ts'
import { registry } from '../../src/nodes/index.ts'
import { documentOf, known, node } from './fixtures.ts'

/** Pictures of 4 × 4 pixels, two a batch: a network over pixels is one that plain arithmetic follows. */
export const ROWS = 2
export const SIDE = 4

/** `nodes` over a Batch with the pictures `batch.image` and `batch.other`. */
export function pixelGraph(
  nodes: Readonly<Record<string, NodeJson>>,
  batch: Readonly<Record<string, unknown>> = {},
): CheckedGraph {
  const doc = documentOf({
    data: node('data.folder', { path: 'pictures' }),
    batch: node('data.batch', { size: ROWS, imageSize: SIDE, ...batch }, { dataset: 'data.dataset' }),
    ...nodes,
  })
  const fields = { image: { kind: 'image' }, other: { kind: 'image' } } as const
  return checkGraph(doc, registry, { 'data.dataset': known({ fields }) })
}

/** A linear map of each pixel to `size` numbers. */
export const project = (input: string, size: number, params: Readonly<Record<string, unknown>> = {}) =>
  node('layer.projection', { size, ...params }, { input })

/** An optimizer and a Train of `loss` wires. */
export const training = (
  loss: readonly string[],
  params: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, NodeJson>> => ({
  rate: node('optimizer.schedule', { kind: 'constant', rate: 0.1 }),
  sgd: node('optimizer.sgd', { momentum: 0.9, weightDecay: 0 }, { schedule: 'rate.schedule' }),
  train: node('train', { steps: 4, clipNorm: 0, ...params }, { loss, optimizer: ['sgd.optimizer'] }),
})
