import { expect, test } from 'vitest'
import type { Report } from '../../src/graph/host.ts'
import { fitThreshold, isRight } from '../../src/nodes/evaluation/threshold.ts'
import { describeGolden, type GoldenArray } from '../nn/golden.ts'
import { contextOf, evaluate, type Known } from './evaluation-kit.ts'

/** Texts that say their own score, whatever the picture. */
const textRows: Known['textRows'] = asked => asked!.map(text => [Number(text.split(' ').at(-1))])
const score: Known['score'] = (_, [s]) => s!
const pictures = (n: number) => ({ image: Array.from({ length: n }, () => [1]) })

/** Forced choices over recorded scores: [true, false, …] of each row, with the kind of each. */
function choices(
  rows: readonly (readonly number[])[],
  params: object,
  kinds?: { readonly classes: readonly string[]; readonly values: readonly number[] },
): Promise<Report> {
  const say = (s: number, k: number, i: number) => `${i} ${k} ${s}`
  const known: Known = {
    pictures: pictures(rows.length),
    texts: {
      caption: rows.map(([right], i) => [say(right!, 0, i)]),
      negative: rows.map(([, ...wrong], i) => wrong.map((s, k) => say(s, k + 1, i))),
    },
    textRows,
    score,
    ...(kinds && { categories: { kind: kinds } }),
  }
  return evaluate('evaluation.forcedChoice', { kind: kinds ? 'kind' : '', ...params }, contextOf(known))
}

/** True or false over recorded scores. */
function truths(scores: readonly number[], labels: readonly number[], params: object): Promise<Report> {
  const known: Known = {
    pictures: pictures(scores.length),
    texts: { caption: scores.map((s, i) => [`${i} ${s}`]) },
    categories: { label: { classes: ['0', '1'], values: labels } },
    textRows,
    score,
  }
  return evaluate('evaluation.statements', params, contextOf(known))
}

const rowsOf = ({ shape, data }: GoldenArray): number[][] => {
  const width = data.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, r) => data.slice(r * width, (r + 1) * width))
}

interface AroRecords {
  readonly least: number
  readonly counts: readonly number[]
  readonly scores: GoldenArray
  readonly records: Readonly<Record<string, number>>
  readonly macro: number
}
interface AroOrder {
  readonly scores: GoldenArray
  readonly precision: number
}
interface Golden {
  readonly sugar_crepe: {
    readonly subsets: Readonly<Record<string, { readonly right: GoldenArray; readonly wrong: GoldenArray }>>
    readonly metrics: Readonly<Record<string, number>>
  }
  readonly aro: Readonly<Record<'vg_relation' | 'vg_attribution', AroRecords>> &
    Readonly<Record<'coco_order' | 'flickr30k_order', AroOrder>>
  readonly valse: {
    readonly cross_score: GoldenArray
    readonly acc: number
    readonly p_c: number
    readonly p_f: number
    readonly acc_r: number
  }
  readonly statements: readonly {
    readonly remark: string
    readonly labels: GoldenArray
    readonly scores: GoldenArray
    readonly accuracy: number
    readonly majority: number
    readonly best: number
    readonly auroc: number
    readonly auroc_error: number
  }[]
}

describeGolden<Golden>('compositional', golden => {
  test('SugarCrepe: all seven subsets', async () => {
    const { subsets, metrics } = golden.sugar_crepe
    const classes = Object.keys(subsets)
    expect(classes).toHaveLength(7)
    const rows = classes.flatMap(c => subsets[c]!.right.data.map((s, i) => [s, subsets[c]!.wrong.data[i]!]))
    const values = classes.flatMap((c, k) => subsets[c]!.right.data.map(() => k))
    const report = await choices(rows, {}, { classes, values })
    for (const c of classes) expect(report.metrics[`accuracy/${c}`], c).toBeCloseTo(metrics[c]!, 12)
    const macro = classes.reduce((sum, c) => sum + metrics[c]!, 0) / 7
    expect(report.metrics.macro_accuracy).toBeCloseTo(macro, 12)
  })

  test.each(['vg_relation', 'vg_attribution'] as const)('ARO, %s: by kind and their mean', async name => {
    const { least, counts, scores, records, macro } = golden.aro[name]
    // Published as [false, true].
    const rows = rowsOf(scores).map(([wrong, right]) => [right!, wrong!])
    const classes = counts.map((_, k) => `kind ${k}`)
    const report = await choices(
      rows,
      { least },
      { classes, values: counts.flatMap((n, k) => Array(n).fill(k)) },
    )
    for (const [kind, accuracy] of Object.entries(records))
      expect(report.metrics[`accuracy/${kind}`], kind).toBeCloseTo(accuracy, 12)
    expect(report.metrics.macro_accuracy).toBeCloseTo(macro, 12)
    expect(Object.keys(records)).toHaveLength(counts.filter(n => n >= least).length)
  })

  test.each(['coco_order', 'flickr30k_order'] as const)(
    'ARO, %s: the first of equals is taken',
    async name => {
      const { scores, precision } = golden.aro[name]
      const report = await choices(rowsOf(scores), { ties: 'first' })
      expect(report.metrics.accuracy).toBeCloseTo(precision, 12)
      // Its rule rewards ties, of which there are some here.
      const strict = await choices(rowsOf(scores), {})
      expect(strict.metrics.accuracy).toBeLessThan(precision)
    },
  )

  test('VALSE: caption above foil, and each judged by itself', async () => {
    const { cross_score, acc, p_c, p_f, acc_r } = golden.valse
    const items = rowsOf(cross_score) // caption: does not fit, fits; foil: does not fit, fits
    const pairwise = await choices(
      items.map(([, caption, , foil]) => [caption!, foil!]),
      {},
    )
    expect(pairwise.metrics.accuracy).toBeCloseTo(acc_r, 12)
    const scores = items.flatMap(([no, yes, foilNo, foilYes]) => [yes! - no!, foilYes! - foilNo!])
    const labels = items.flatMap(() => [1, 0])
    const report = await truths(scores, labels, { threshold: 0 })
    expect(report.metrics.accuracy).toBeCloseTo(acc, 12)
    const [trueRow, falseRow] = report.matrices!.find(m => m.title === 'True and false')!.values
    expect(trueRow![0]! / items.length).toBeCloseTo(p_c, 12)
    expect(falseRow![1]! / items.length).toBeCloseTo(p_f, 12)
  })

  test.each(golden.statements.map(c => [c.remark, c] as const))('statements, %s', async (_, c) => {
    const { metrics, standardErrors } = await truths(c.scores.data, c.labels.data, { threshold: 0 })
    expect(metrics.accuracy).toBeCloseTo(c.accuracy, 12)
    expect(metrics.majority).toBeCloseTo(c.majority, 12)
    expect(metrics.auroc).toBeCloseTo(c.auroc, 12)
    expect(standardErrors!.auroc).toBeCloseTo(c.auroc_error, 12)
    const judged = c.scores.data.map((s, i) => ({ score: s, truth: c.labels.data[i] === 1 }))
    const fitted = fitThreshold(judged)
    expect(judged.filter(j => isRight(j, fitted)).length / judged.length).toBeCloseTo(c.best, 12)
  })
})
