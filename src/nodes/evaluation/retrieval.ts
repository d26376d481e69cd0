import { GraphFault } from '../../graph/diagnostic.ts'
import type { Report, ReportGallery } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { allRows, type Figure, itemsOf } from './figures.ts'
import { pairInputs } from './inputs.ts'
import { mean, meanError } from './statistics.ts'

const KS = [1, 5, 10] as const
const GALLERY = { queries: 12, matches: 5 }

/**
 * The rank (1 is best) of the true column of each row of a square score matrix. A wrong column that ties
 * with the true one counts as ranked above it, so that a constant scorer is never rewarded; NaN loses.
 */
export function ranksOf(score: (query: number, candidate: number) => number, n: number): Int32Array {
  const ranks = new Int32Array(n)
  for (let i = 0; i < n; i++) {
    const own = score(i, i)
    let rank = 1
    for (let j = 0; j < n; j++) if (j !== i && !(score(i, j) < own)) rank++
    ranks[i] = rank
  }
  return ranks
}

/** The same in groups of rows that follow each other, each ranked by itself; rows behind the last whole group have none. */
export function groupedRanks(
  score: (query: number, candidate: number) => number,
  n: number,
  size: number,
): Int32Array {
  const ranks = new Int32Array(n - (n % size))
  for (let from = 0; from < ranks.length; from += size)
    ranks.set(
      ranksOf((i, j) => score(from + i, from + j), size),
      from,
    )
  return ranks
}

/** The median; the mean of the two middle values when their number is even. */
export function median(values: ArrayLike<number>): number {
  const sorted = Array.from(values).sort((a, b) => a - b)
  const mid = sorted.length >> 1
  return sorted.length % 2 ? sorted[mid]! : (sorted[mid - 1]! + sorted[mid]!) / 2
}

export const retrieval = defineEvaluator({
  type: 'evaluation.retrieval',
  version: 1,
  title: 'Retrieval',
  category: 'evaluation',
  doc: `Ranks all texts for each image and all images for each text:

$$\\mathrm{rank}_i = 1 + |\\{j \\neq i : \\ell_{ij} \\ge \\ell_{ii}\\}|,\\qquad
\\mathrm{recall@}k = \\frac1n |\\{i : \\mathrm{rank}_i \\le k\\}|$$

so recall@k is the share of queries whose true match is among the k best; chance is k / n. A wrong candidate
with the same score counts as better than the true one. Each row's first caption is used.

Recall falls as candidates are added, so figures compare only at one n. With \`candidates\` = c the rows are ranked in
groups of c, as they follow each other, and a large dataset gives many queries and small standard errors at the same
difficulty; chance is k / c, and rows behind the last whole group are left out.

Source: Karpathy & Fei-Fei 2015 (arXiv 1412.2306), section 4.1; zero-shot form: Radford et al. 2021.`,
  params: z.strictObject({
    candidates: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe('Rows that are ranked for each query, the dataset being cut into groups; 0 for all.'),
    gallery: z.int().min(0).max(64).default(GALLERY.queries).describe('Queries shown in the gallery.'),
    label: z.string().default('caption').describe('The text column that labels rows in the gallery.'),
  }),
  inputs: pairInputs,
  types: () => ({ report: { kind: 'report' } }),
  needs: p => ({
    pairs: { port: 'pairs', rows: 'dataset', columns: 'dataset' },
    fields: p.gallery ? { [p.label]: 'text' } : {},
  }),
  evaluate: async (context, p): Promise<Report> => {
    const images = await context.embedDataset('rows')
    const texts = await context.embedDataset('columns')
    const n = images.rows
    if (n === 0) throw new GraphFault('DT050', 'the dataset has no rows to rank', { port: 'dataset' })
    const size = p.candidates || n
    if (size > n)
      throw new GraphFault('DT052', `${size} candidates of ${n} rows`, {
        field: 'params.candidates',
        hint: `Set candidates to at most ${n}, or to 0 for all rows.`,
      })
    const ranked = n - (n % size)
    const scores = await context.similarities(images, texts)
    const toText = (i: number, j: number) => scores[i * n + j]!
    const toImage = (i: number, j: number) => scores[j * n + i]!
    const metrics: Record<string, number> = { n: ranked }
    const standardErrors: Record<string, number> = {}
    const figures: Figure[] = []
    const rows = allRows(ranked)
    for (const [direction, score] of [
      ['image_to_text', toText],
      ['text_to_image', toImage],
    ] as const) {
      const ranks = groupedRanks(score, n, size)
      for (const k of KS) {
        const name = `${direction}_recall@${k}`
        const values = Array.from(ranks, r => (r <= k ? 1 : 0))
        metrics[name] = mean(values)
        standardErrors[name] = meanError(values)
        figures.push({ name, values, rows })
      }
      metrics[`${direction}_median_rank`] = median(ranks)
    }
    for (const k of KS) metrics[`chance_recall@${k}`] = Math.min(1, k / size)
    const report = { metrics, standardErrors, ...itemsOf(context.dataset, figures) }
    if (p.gallery === 0) return report
    const labels = (await context.texts(p.label)).map(t => t[0] ?? '')
    const galleries = [galleryOf(context.rowIds, labels, toImage, ranked, size, p.gallery)]
    return { ...report, galleries }
  },
})

/** Text queries, evenly spread over the rows, with the best pictures of their group for each. */
function galleryOf(
  ids: readonly string[],
  labels: readonly string[],
  score: (i: number, j: number) => number,
  n: number,
  size: number,
  queries: number,
): ReportGallery {
  const count = Math.min(queries, n)
  const items = Array.from({ length: count }, (_, q) => {
    const i = Math.floor((q * n) / count)
    const from = i - (i % size)
    const best = Array.from({ length: size }, (_, j) => from + j)
      .sort((a, b) => score(i, b) - score(i, a) || a - b)
      .slice(0, GALLERY.matches)
    return {
      row: ids[i]!,
      label: labels[i]!,
      matches: best.map(j => ({ row: ids[j]!, label: labels[j]!, correct: j === i })),
    }
  })
  return { title: 'Text to image', items }
}
