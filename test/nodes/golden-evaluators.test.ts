import { expect, test } from 'vitest'
import { classify, predict } from '../../src/nodes/evaluation/predict.ts'
import { groupedRanks, median, ranksOf } from '../../src/nodes/evaluation/retrieval.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'
import { contextOf, evaluate } from './evaluation-kit.ts'

const unitRows = ({ shape, data }: GoldenArray): number[][] => {
  const width = shape.at(-1)!
  return Array.from({ length: data.length / width }, (_, r) => {
    const row = data.slice(r * width, (r + 1) * width)
    const length = Math.hypot(...row)
    return row.map(x => x / length)
  })
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
        contextOf({ pictures: { image: images }, textRows: () => texts }),
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
          pictures: { image: unitRows(c.image_embeddings) },
          categories: { kind: { classes: names, values: c.labels.data } },
          textRows: given => {
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

test('in groups, each row is ranked among its own group only; a ragged tail is left out', () => {
  const score = (i: number, j: number) => (i === j ? 0 : j === 4 ? 9 : i < 2 && j < 2 ? 1 : -1)
  expect([...ranksOf(score, 5)]).toEqual([3, 3, 2, 2, 1])
  expect([...groupedRanks(score, 5, 2)]).toEqual([2, 2, 1, 1])
  expect([...groupedRanks(score, 5, 5)]).toEqual([...ranksOf(score, 5)])
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
