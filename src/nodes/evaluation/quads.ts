import { GraphFault } from '../../graph/diagnostic.ts'
import type { Report } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { type Figure, itemsOf } from './figures.ts'
import { pairInputs } from './inputs.ts'
import { kindsOf } from './kinds.ts'
import { mean, meanError } from './statistics.ts'

/** The four scores of a row with two pictures and two captions: `s01` is the first caption with the second picture. */
export interface Quad {
  readonly s00: number
  readonly s01: number
  readonly s10: number
  readonly s11: number
}

const SCORES = ['text', 'image', 'group'] as const

/** Which of Winoground's scores a row gets. A comparison that is level or has a NaN fails. */
export function judgeQuad({ s00, s01, s10, s11 }: Quad): Readonly<Record<(typeof SCORES)[number], number>> {
  const text = s00 > s10 && s11 > s01
  const image = s00 > s01 && s11 > s10
  return { text: Number(text), image: Number(image), group: Number(text && image) }
}

export const quads = defineEvaluator({
  type: 'evaluation.quads',
  version: 1,
  title: 'Two pictures, two captions',
  category: 'evaluation',
  doc: `Each row has two pictures and two captions of nearly the same words; caption 0 is true of picture 0 only, caption 1
of picture 1 only. With $s_{ci}$ for caption $c$ and picture $i$:

$$\\mathrm{text} = [s_{00} > s_{10} \\wedge s_{11} > s_{01}],\\qquad
\\mathrm{image} = [s_{00} > s_{01} \\wedge s_{11} > s_{10}],\\qquad \\mathrm{group} = \\mathrm{text} \\wedge \\mathrm{image}$$

text: the right caption for each picture. image: the right picture for each caption. All comparisons are strict, so a
scorer that says the same of everything gets nothing, and so does a NaN. Who can't see can't win: with one picture in
place of both, text and image are 0. Chance is 1/4, 1/4 and 1/6: of the 24 orders of four scores 6, 6 and 4 are right.
A scorer that adds what it thinks of the picture to what it thinks of the caption, $s_{ci} = f_c + g_i$, gets 0: a model
that does not bind words to things lies below chance, not at it.

Source: Thrush et al. 2022 (Winoground, arXiv 2204.03162).`,
  params: z.strictObject({
    image: z.string().default('image').describe('The column of first pictures.'),
    otherImage: z.string().default('image_b').describe('The column of second pictures.'),
    caption: z
      .string()
      .default('caption')
      .describe('The text column for the first pictures; the first of several.'),
    otherCaption: z.string().default('caption_b').describe('The text column for the second pictures.'),
    kind: z.string().default('').describe('The category column to report by; empty for none.'),
  }),
  inputs: pairInputs,
  types: () => ({ report: { kind: 'report' } }),
  needs: p => ({
    pairs: { port: 'pairs', rows: 'pictures', columns: 'texts' },
    fields: {
      [p.image]: 'image',
      [p.otherImage]: 'image',
      [p.caption]: 'text',
      [p.otherCaption]: 'text',
      ...(p.kind && { [p.kind]: 'category' as const }),
    },
  }),
  evaluate: async (context, p): Promise<Report> => {
    const captions = await Promise.all([p.caption, p.otherCaption].map(column => context.texts(column)))
    const n = context.rowIds.length
    if (n === 0) throw new GraphFault('DT050', 'the dataset has no rows to compare', { port: 'dataset' })
    const texts = await context.embedTexts(
      'columns',
      captions.flatMap(column => column.map(t => t[0]!)),
    )
    const cells = Array.from({ length: n }, (_, i) => [[i, i] as const, [i, n + i] as const]).flat()
    const first = await context.pairScores(await context.embedPictures('rows', p.image), texts, cells)
    const second = await context.pairScores(await context.embedPictures('rows', p.otherImage), texts, cells)
    const all = Array.from({ length: n }, (_, i) => ({
      s00: first[2 * i]!,
      s10: first[2 * i + 1]!,
      s01: second[2 * i]!,
      s11: second[2 * i + 1]!,
    }))
    const judged = all.map(judgeQuad)
    const metrics: Record<string, number> = {}
    const standardErrors: Record<string, number> = {}
    const figures: Figure[] = []
    const kinds = await kindsOf(context, p.kind)
    for (const { suffix, rows } of kinds)
      for (const score of SCORES) {
        const values = rows.map(i => judged[i]![score])
        metrics[`${score}${suffix}`] = mean(values)
        standardErrors[`${score}${suffix}`] = meanError(values)
        figures.push({ name: `${score}${suffix}`, values, rows })
        metrics[`chance_${score}${suffix}`] = score === 'group' ? 1 / 6 : 1 / 4
      }
    const ties = all.filter(q => q.s00 === q.s10 || q.s11 === q.s01 || q.s00 === q.s01 || q.s11 === q.s10)
    const nans = all.filter(q => Object.values(q).some(Number.isNaN)).length
    return {
      metrics: { ...metrics, ties: ties.length, nan: nans, n },
      standardErrors,
      ...itemsOf(context.dataset, figures),
      ...(nans && {
        warnings: [`${nans} of ${n} rows have a score that is NaN; what it is compared with wins.`],
      }),
      matrices: [
        {
          title: 'Scores by kind',
          axes: { rows: 'kind', columns: 'score' },
          rowLabels: kinds.map(kind => kind.name),
          columnLabels: SCORES,
          values: kinds.map(({ suffix }) => SCORES.map(score => metrics[`${score}${suffix}`]!)),
        },
      ],
      tables: [
        {
          title: 'By kind',
          columns: ['kind', 'n', ...SCORES.flatMap(score => [score, '± s.e.'])],
          rows: kinds.map(({ name, suffix, rows }) => [
            name,
            rows.length,
            ...SCORES.flatMap(score => [metrics[`${score}${suffix}`]!, standardErrors[`${score}${suffix}`]!]),
          ]),
        },
      ],
    }
  },
})
