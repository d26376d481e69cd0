import { expect, test } from 'vitest'
import type { EvaluationContext, Report, Side } from '../../src/graph/host.ts'
import type { EvaluatorNode } from '../../src/graph/kit.ts'
import { median, ranksOf } from '../../src/nodes/evaluation/retrieval.ts'
import { classify, predict } from '../../src/nodes/evaluation/zero-shot.ts'
import { registry } from '../../src/nodes/index.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'

const unitRows = ({ shape, data }: GoldenArray): number[][] => {
  const width = shape.at(-1)!
  return Array.from({ length: data.length / width }, (_, r) => {
    const row = data.slice(r * width, (r + 1) * width)
    const length = Math.hypot(...row)
    return row.map(x => x / length)
  })
}
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * b[i]!, 0)

/** Sides of an evaluation that hold their own numbers. */
interface Rows extends Side {
  readonly values: readonly (readonly number[])[]
}
const sideOf = (values: readonly (readonly number[])[]): Rows => ({ rows: values.length, values })

interface Stub {
  readonly images: readonly (readonly number[])[]
  readonly texts: (asked?: readonly string[]) => readonly (readonly number[])[]
  readonly labels?: readonly number[]
  readonly classes?: readonly string[]
}

/** What the engine gives an evaluator, over given embeddings. */
const contextOf = ({ images, texts, labels = [], classes = [] }: Stub): EvaluationContext => ({
  dataset: { kind: 'dataset', schema: { fields: {} }, rows: images.length, hash: '' },
  rowIds: images.map((_, i) => String(i)),
  category: async () => ({ classes, values: labels }),
  texts: async () => images.map((_, i) => [`row ${i}`]),
  embedDataset: async side => sideOf(side === 'rows' ? images : texts()),
  embedTexts: async (_, asked) => sideOf(texts(asked)),
  ensemble: (side, groups) =>
    sideOf(
      groups.map(group => {
        const rows = group.map(i => (side as Rows).values[i]!)
        const mean = rows[0]!.map((_, k) => rows.reduce((s, row) => s + row[k]!, 0) / rows.length)
        const length = Math.hypot(...mean)
        return mean.map(x => x / length)
      }),
    ),
  similarities: async (rows, columns) =>
    Float32Array.from((rows as Rows).values.flatMap(x => (columns as Rows).values.map(y => 100 * dot(x, y)))),
})

function evaluate(type: string, params: object, context: EvaluationContext): Promise<Report> {
  const def = registry.get(type) as EvaluatorNode
  return def.evaluate(context, def.params.parse(params))
}

interface RetrievalCase {
  readonly image_embeddings: GoldenArray
  readonly text_embeddings: GoldenArray
  readonly metrics: Readonly<Record<string, number>>
}

describeGolden<{ square: readonly RetrievalCase[] }>('retrieval', golden => {
  test.each(golden.square.map((c, i) => [i, c] as const))(
    'case %i: every number of open_clip',
    async (_, c) => {
      const [images, texts] = [unitRows(c.image_embeddings), unitRows(c.text_embeddings)]
      const { metrics } = await evaluate(
        'evaluation.retrieval',
        {},
        contextOf({ images, texts: () => texts }),
      )
      for (const direction of ['image_to_text', 'text_to_image'])
        for (const k of [1, 5, 10])
          expect(metrics[`${direction}_recall@${k}`], `${direction} ${k}`).toBeCloseTo(
            c.metrics[`${direction}_R@${k}`]!,
            12,
          )
      // open_clip's is the floor of the median; ours is the median itself.
      for (const direction of ['image_to_text', 'text_to_image'])
        expect(Math.floor(metrics[`${direction}_median_rank`]!)).toBe(c.metrics[`${direction}_median_rank`])
      expect(metrics['chance_recall@5']).toBeCloseTo(5 / images.length, 12)
    },
  )
})

interface ZeroShotCase {
  readonly remark: string
  readonly prompt_embeddings: GoldenArray
  readonly image_embeddings: GoldenArray
  readonly labels: GoldenArray
  readonly predicted: GoldenArray
  readonly top1: number
  readonly balanced_accuracy: number
  readonly confusion: GoldenArray
}

describeGolden<{ cases: readonly ZeroShotCase[] }>('zero_shot', golden => {
  test.each(golden.cases.map(c => [c.remark, c] as const))(
    '%s: every number of open_clip and sklearn',
    async (_, c) => {
      const [classes, templates] = c.prompt_embeddings.shape as [number, number]
      const prompts = unitRows(c.prompt_embeddings)
      const names = Array.from({ length: classes }, (_, i) => `class ${i}`)
      const asked: string[] = []
      const report = await evaluate(
        'evaluation.zeroShot',
        { label: 'kind', templates: Array.from({ length: templates }, (_, t) => `template ${t}: {}`) },
        contextOf({
          images: unitRows(c.image_embeddings),
          labels: c.labels.data,
          classes: names,
          texts: given => {
            asked.push(...(given ?? []))
            return prompts
          },
        }),
      )
      expect(asked).toHaveLength(classes * templates)
      expect(asked[0]).toBe('template 0: class 0')
      expect(asked.at(-1)).toBe(`template ${templates - 1}: class ${classes - 1}`)
      expect(report.metrics.top1).toBeCloseTo(c.top1, 12)
      expect(report.metrics.balanced_accuracy).toBeCloseTo(c.balanced_accuracy, 12)
      expect(report.metrics.chance).toBeCloseTo(1 / classes, 12)
      expect(report.matrices![0]!.values.flat()).toEqual(c.confusion.data)
      expect(report.metrics.ties).toBe(0)
    },
  )
})

test('a constant or broken scorer is never rewarded', () => {
  expect([...ranksOf(() => 1, 4)]).toEqual([4, 4, 4, 4])
  expect([...ranksOf(() => Number.NaN, 3)]).toEqual([3, 3, 3])
  expect(predict([1, 1, 1], 0)).toEqual({ predicted: 1, tie: true })
  expect(predict([Number.NaN, 1], 0).predicted).toBe(1)
  expect(predict([2, Number.NaN], 0).predicted).toBe(1)
  expect(predict([2, 1], 0)).toEqual({ predicted: 0, tie: false })
})

test('median, and balanced accuracy over the classes that occur', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])]).toEqual([2, 2.5, 7])
  const { balanced, present, top1 } = classify([0, 0, 0, 2], [0, 0, 1, 2], 3)
  expect({ balanced, present, top1 }).toEqual({ balanced: (2 / 3 + 1) / 2, present: 2, top1: 0.75 })
})
