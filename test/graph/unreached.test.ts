import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { EngineContext } from '../../src/engine/context.ts'
import { loadGraph } from '../../src/engine/load.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import { registry } from '../../src/nodes/index.ts'
import type { GraphSource } from '../../src/protocol/messages.ts'
import { fileScratch } from '../engine/toy.ts'

const scratch = fileScratch()
const folder = fileURLToPath(new URL('../../graphs/', import.meta.url))

/** They read files that only their user has. */
const OWN_FILES = new Set(['contrastive/nlvr.json', 'real-data/sugarcrepe.json', 'real-data/vsr.json'])

const graphs = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter(entry => entry.name.endsWith('.json') && !entry.parentPath.includes('.diptych'))
  .map(entry => relative(folder, join(entry.parentPath, entry.name)))
  .filter(name => !OWN_FILES.has(name) && readFileSync(join(folder, name), 'utf8').includes('diptych-graph'))

/** Small enough that a step is built at once: which weights a loss depends on is no matter of sizes. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'data.batch': { size: 8, imageSize: 16, textLength: 8 },
  'encoder.vit': { width: 16, depth: 1, heads: 2, patch: 8 },
  'encoder.text': { width: 16, depth: 1, heads: 2 },
}

const sgd: OptimizerValue = {
  kind: 'sgd',
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  schedule: { kind: 'constant', base: 1, warmupSteps: 0, totalSteps: 1, final: 0 },
}

interface Json {
  readonly nodes: Readonly<Record<string, { readonly type: string; readonly in?: Record<string, unknown> }>>
}

/** By Train: the weights that it is to train, reads, and never trains. */
async function unreachedOf(name: string, change: (graph: Json) => Json = graph => graph) {
  const file = join(folder, name)
  const json = change(JSON.parse(readFileSync(file, 'utf8')) as Json)
  const overrides = Object.entries(json.nodes).flatMap(([node, { type }]) =>
    Object.entries(SMALL[type] ?? {}).map(([param, value]) => ({ node, param, value })),
  )
  const source: GraphSource = { text: JSON.stringify(json), file, overrides }
  const context = { registry, cacheDir: scratch, signal: new AbortController().signal } as EngineContext
  const { graph } = await loadGraph(source, context)
  expect(graph.diagnostics.filter(d => d.severity === 'error')).toEqual([])
  const trains = [...graph.nodes.values()].filter(node => node.def.kind === 'train')
  return Object.fromEntries(trains.map(({ id }) => [id, buildTrainStep(graph, id, [sgd]).unreached]))
}

describe('the alarm for a weight that is read and gets no gradient', () => {
  test.each(graphs)('is silent on graphs/%s', { timeout: 120_000 }, async name => {
    const found = await unreachedOf(name)
    expect(Object.keys(found).length).toBeGreaterThan(0)
    for (const [train, names] of Object.entries(found)) expect(names, train).toEqual([])
  })

  test('names what was cut off from the loss', async () => {
    // Nothing but the codes of a trained codebook is read; their own loss is what would train them.
    const cut = (graph: Json): Json => ({
      ...graph,
      nodes: {
        ...graph.nodes,
        quantizer: {
          type: 'layer.vectorQuantizer',
          v: 1,
          params: { size: 8, codebook: 'trained' },
          in: { input: 'image_projection.output' },
        },
        image_embedding: { ...graph.nodes.image_embedding!, in: { input: 'quantizer.codes' } },
      } as Json['nodes'],
    })
    const { train } = await unreachedOf('clip-emoji.json', cut)
    expect(train).toEqual([expect.stringMatching(/^quantizer\//)])
  })
})
