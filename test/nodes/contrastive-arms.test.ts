import { expect, test } from 'vitest'
import { type CheckedGraph, checkGraph } from '../../src/graph/check.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import { elementCount } from '../../src/ir/types.ts'
import { registry } from '../../src/nodes/index.ts'
import { documentOf, sceneSchemas } from '../graph/bundled.ts'

const bundled = (name: string): CheckedGraph => {
  const document = documentOf(name)
  return checkGraph(document, registry, sceneSchemas(document))
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
