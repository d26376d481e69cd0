import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { scenesSchema } from '../../src/data/scenes/dataset.ts'
import { type CheckedGraph, checkGraph, type Schemas } from '../../src/graph/check.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import { parseGraph } from '../../src/graph/parse.ts'
import type { SceneRows, ScenesOptions } from '../../src/graph/scenes.ts'
import { writeGraph } from '../../src/graph/write.ts'
import { elementCount } from '../../src/ir/types.ts'
import { scenes } from '../../src/nodes/data/scenes.ts'
import { registry } from '../../src/nodes/index.ts'
import { known, shown } from '../graph/fixtures.ts'

const textOf = (name: string) =>
  readFileSync(new URL(`../../graphs/contrastive/${name}.json`, import.meta.url), 'utf8')

type SceneParams = Pick<ScenesOptions, 'count' | 'shapes' | 'colours'> & { readonly rows: SceneRows }

/** A bundled graph, checked with the columns that its scenes have. */
function bundled(name: string): CheckedGraph {
  const document = parseGraph(textOf(name)).document!
  const schemas: Schemas = Object.fromEntries(
    Object.entries(document.nodes).flatMap(([id, { type, params }]) => {
      if (type !== 'data.scenes') return []
      const { rows, ...rest } = scenes.params.parse(params) as SceneParams
      return [[`${id}.dataset`, known(scenesSchema({ form: rows, ...rest }))]]
    }),
  )
  return checkGraph(document, registry, schemas)
}

const sgd = {
  kind: 'sgd',
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  schedule: { kind: 'constant', base: 0.1, warmupSteps: 0, totalSteps: 1, final: 0 },
} as const

/** How many numbers each node of one arm trains. */
function trainedBy(graph: CheckedGraph, train: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { name, shape } of buildTrainStep(graph, train, [sgd]).weights) {
    const [node] = name.split('/')
    counts[node!] = (counts[node!] ?? 0) + elementCount(shape)
  }
  return counts
}

const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((s, n) => s + n, 0)

describe.each(['slip', 'clip-rocket', 'llip'])('graphs/contrastive/%s.json', name => {
  test('checks without a word, is written as it stands, and has a place for every node', () => {
    const graph = bundled(name)
    expect(shown(graph.diagnostics)).toBe('')
    const document = parseGraph(textOf(name)).document!
    expect(writeGraph(document)).toBe(textOf(name))
    expect(Object.keys(document.view).sort()).toEqual(Object.keys(document.nodes).sort())
  })
})

test('SLIP trains what CLIP trains and the head of its views, through one image encoder', () => {
  const graph = bundled('slip')
  const [slip, clip] = [trainedBy(graph, 'train'), trainedBy(graph, 'control')]
  const { head_a, ...rest } = slip
  expect(head_a).toBeGreaterThan(0)
  expect(rest).toEqual(clip)
})

test('CLIP-rocket’s strong views have projectors and a scale of their own, and every pair of them counts', () => {
  const graph = bundled('clip-rocket')
  const [rocket, clip] = [trainedBy(graph, 'train'), trainedBy(graph, 'control')]
  const { image_head_a, text_head_a, logits_aa, ...rest } = rocket
  expect([image_head_a, text_head_a, logits_aa]).toEqual([64 * 64, 64 * 64, 1])
  expect(rest).toEqual(clip)
  const pairs = ['aa', 'ab', 'ba', 'bb'].map(v => graph.nodes.get(`logits_${v}`)!.json.in)
  expect(pairs.map(({ image, text }) => `${image} ${text}`)).toEqual(
    ['a', 'b'].flatMap(i => ['a', 'b'].map(t => `image_unit_${i}.output text_unit_${t}.output`)),
  )
})

test('the SigLIP that Llip is held against has no fewer parameters', () => {
  const graph = bundled('llip')
  const [llip, siglip] = [trainedBy(graph, 'train'), trainedBy(graph, 'control')]
  expect([total(llip), total(siglip)]).toMatchInlineSnapshot(`
    [
      319810,
      326482,
    ]
  `)
  expect(total(siglip)).toBeGreaterThanOrEqual(total(llip))
})
