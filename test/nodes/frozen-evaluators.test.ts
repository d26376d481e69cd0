import { describe, expect, it, test } from 'vitest'
import { threefry } from '../../src/ir/threefry.ts'
import { leastUniformity } from '../../src/nodes/evaluation/geometry.ts'
import { fitLogistic } from '../../src/nodes/evaluation/logistic.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'
import { contextOf, evaluate } from './evaluation-kit.ts'

const rowsOf = ({ shape, data }: GoldenArray): number[][] => {
  const width = shape.at(-1)!
  return Array.from({ length: data.length / width }, (_, r) => data.slice(r * width, (r + 1) * width))
}

interface Learnt {
  readonly remark: string
  readonly classes: number
  readonly x: GoldenArray
  readonly y: GoldenArray
  readonly x_test: GoldenArray
  readonly y_test: GoldenArray
  readonly accuracy: number
}
interface Golden {
  readonly probe: readonly (Learnt & { readonly c: number; readonly probabilities: GoldenArray })[]
  readonly knn: readonly (Learnt & { readonly k: number; readonly temperature: number })[]
  readonly geometry: { readonly x: GoldenArray; readonly y: GoldenArray } & Readonly<
    Record<'modality_gap' | 'alignment' | 'uniformity_first' | 'uniformity_second', number>
  >
}

const namesOf = (c: Learnt) => Array.from({ length: c.classes }, (_, i) => `class ${i}`)

/** Both datasets of a case; the test's classes in another order, as another folder would have them. */
const learning = (c: Learnt) => {
  const turned = namesOf(c).reverse()
  return contextOf({
    pictures: { image: rowsOf(c.x_test) },
    wires: { train: { embedding: rowsOf(c.x) }, dataset: { embedding: rowsOf(c.x_test) } },
    others: { train: { label: { classes: namesOf(c), values: c.y.data } } },
    categories: { label: { classes: turned, values: c.y_test.data.map(y => c.classes - 1 - y) } },
  })
}

describeGolden<Golden>('embeddings', golden => {
  test.each(golden.probe.map(c => [c.remark, c] as const))('linear probe, %s: scikit-learn', async (_, c) => {
    const { metrics, items } = await evaluate('evaluation.linearProbe', { C: c.c }, learning(c))
    expect(metrics.top1).toBeCloseTo(c.accuracy, 12)
    expect(metrics.chance).toBeCloseTo(1 / c.classes, 12)
    expect(items!.top1).toHaveLength(c.y_test.data.length)
    const width = c.x.shape[1]!
    const fit = fitLogistic(
      { rows: c.y.data.length, width, values: Float64Array.from(c.x.data), labels: c.y.data },
      c.classes,
      c.c,
    )
    expect(fit.gradient).toBeLessThan(1e-8)
    const probabilities = rowsOf(c.x_test).flatMap(row => {
      const powers = [...fit.scores(row)].map(Math.exp)
      return powers.map(x => x / powers.reduce((a, b) => a + b, 0))
    })
    const worst = Math.max(...probabilities.map((x, i) => Math.abs(x - c.probabilities.data[i]!)))
    expect(worst).toBeLessThan(1e-6)
  })

  test.each(golden.knn.map(c => [c.remark, c] as const))('nearest neighbours, %s: DINO', async (_, c) => {
    const { k, temperature } = c
    const { metrics } = await evaluate('evaluation.knn', { k, temperature }, learning(c))
    expect(metrics.top1).toBeCloseTo(c.accuracy, 12)
    expect(metrics.train_rows).toBe(c.y.data.length)
  })

  test('geometry: the papers’ formulas', async () => {
    const g = golden.geometry
    const wires = { dataset: { first: rowsOf(g.x), second: rowsOf(g.y) } }
    const { metrics } = await evaluate('evaluation.geometry', {}, contextOf({ pictures: {}, wires }))
    // The embeddings come as float32.
    expect(metrics.modality_gap).toBeCloseTo(g.modality_gap, 6)
    expect(metrics.alignment).toBeCloseTo(g.alignment, 6)
    expect(metrics.first_uniformity).toBeCloseTo(g.uniformity_first, 6)
    expect(metrics.second_uniformity).toBeCloseTo(g.uniformity_second, 6)
  })
})

describe('learning from frozen embeddings', () => {
  const constant = (type: string) => {
    const same = Array.from({ length: 12 }, () => [1, 1])
    const label = { classes: ['a', 'b', 'c'], values: same.map((_, i) => i % 3) }
    return evaluate(
      type,
      {},
      contextOf({
        pictures: { image: same },
        wires: { train: { embedding: same }, dataset: { embedding: same } },
        others: { train: { label } },
        categories: { label },
      }),
    )
  }
  test.each(['evaluation.linearProbe', 'evaluation.knn'])(
    '%s of a collapsed encoder is never better than chance',
    async type => {
      const { metrics } = await constant(type)
      expect(metrics.top1).toBeLessThanOrEqual(1 / 3)
      expect(metrics.chance).toBeCloseTo(1 / 3, 12)
    },
  )

  it('misses a class that training never had, and says which chance that leaves', async () => {
    const known = { classes: ['a', 'b'], values: [0, 0, 1, 1] }
    const asked = { classes: ['b', 'new', 'a'], values: [0, 1, 2, -1] }
    const context = contextOf({
      pictures: { image: [[0], [0], [0], [0]] },
      wires: {
        train: { embedding: [[-1], [-2], [1], [2]] },
        dataset: { embedding: [[1.5], [1.5], [-1.5], [9]] },
      },
      others: { train: { label: known } },
      categories: { label: asked },
    })
    for (const [type, params] of [
      ['evaluation.linearProbe', {}],
      ['evaluation.knn', { k: 2 }],
    ] as const) {
      const { metrics, matrices } = await evaluate(type, params, context)
      expect(metrics, type).toMatchObject({ top1: 2 / 3, chance: 0.5, n: 3, classes: 3 })
      expect(matrices![0]!.rowLabels).toEqual(['a', 'b', 'new'])
    }
  })

  it('refuses rows to learn from that are all of one class', async () => {
    const one = { classes: ['a', 'b'], values: [0, 0] }
    const context = contextOf({
      pictures: { image: [[1], [2]] },
      wires: { train: { embedding: [[1], [2]] }, dataset: { embedding: [[1], [2]] } },
      others: { train: { label: one } },
      categories: { label: one },
    })
    await expect(evaluate('evaluation.linearProbe', {}, context)).rejects.toThrow(
      'all rows to learn from have one class, "a"',
    )
  })
})

describe('geometry', () => {
  /** Normal numbers, by Box and Muller. */
  const normal = (stream: number, i: number) => {
    const [a, b] = threefry(5, stream, i, 0)
    return Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32)) * Math.cos((2 * Math.PI * b) / 2 ** 32)
  }
  const cloud = (stream: number, n: number, d: number, centre: number) =>
    Array.from({ length: n }, (_, r) =>
      Array.from({ length: d }, (_, k) => normal(stream, r * d + k) + (k === 0 ? centre : 0)),
    )
  const measure = (first: number[][], second: number[][]) =>
    evaluate('evaluation.geometry', {}, contextOf({ pictures: {}, wires: { dataset: { first, second } } }))

  it('of even points: the least uniformity there is, and no gap', async () => {
    const { metrics, standardErrors } = await measure(cloud(1, 800, 8, 0), cloud(2, 800, 8, 0))
    const { first_uniformity, least_uniformity, alignment, unpaired_distance, modality_gap } = metrics
    expect(Math.abs(first_uniformity! - least_uniformity!)).toBeLessThan(
      4 * standardErrors!.first_uniformity! + 0.01,
    )
    expect(Math.abs(alignment! - unpaired_distance!)).toBeLessThan(4 * standardErrors!.alignment!)
    expect(modality_gap).toBeLessThan(0.1)
  })

  it('of two cones: a gap; of a collapsed model: uniformity 0', async () => {
    const cones = await measure(cloud(1, 200, 8, 5), cloud(2, 200, 8, -5))
    expect(cones.metrics.modality_gap).toBeGreaterThan(1.5)
    expect(cones.matrices![0]!.values[0]![1]).toBeLessThan(-0.5)
    expect(cones.matrices![0]!.values[0]![0]).toBeGreaterThan(0.5)
    const same = Array.from({ length: 5 }, () => [3, 4])
    const { metrics } = await measure(same, same)
    expect(metrics.first_uniformity).toBeCloseTo(0, 6)
    expect(metrics.modality_gap).toBeCloseTo(0, 6)
    expect(metrics.alignment).toBeCloseTo(0, 6)
  })

  it('standard errors are the spread over many samples', async () => {
    const seen: Record<string, number[]> = { modality_gap: [], alignment: [], first_uniformity: [] }
    const told: Record<string, number[]> = { modality_gap: [], alignment: [], first_uniformity: [] }
    for (let s = 0; s < 60; s++) {
      const x = cloud(100 + s, 60, 4, 2)
      const y = x.map((row, i) => row.map((v, k) => v + normal(300 + s, i * 4 + k) - (k === 0 ? 2 : 0)))
      const { metrics, standardErrors } = await measure(x, y)
      for (const name of Object.keys(seen)) {
        seen[name]!.push(metrics[name]!)
        told[name]!.push(standardErrors![name]!)
      }
    }
    for (const name of Object.keys(seen)) {
      const values = seen[name]!
      const mean = values.reduce((a, b) => a + b) / values.length
      const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1))
      const error = told[name]!.reduce((a, b) => a + b) / values.length
      expect(error / spread, name).toBeGreaterThan(0.7)
      expect(error / spread, name).toBeLessThan(1.4)
    }
  })

  it('the least uniformity is known on the circle and far up', () => {
    // d = 2: e⁻⁴ I₀(4); I₀(4) = 11.30192195213633. In many dimensions all cosines are 0.
    expect(leastUniformity(2)).toBeCloseTo(Math.log(11.30192195213633) - 4, 12)
    expect(leastUniformity(1e7)).toBeCloseTo(-4, 5)
  })
})
