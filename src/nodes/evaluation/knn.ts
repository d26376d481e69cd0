import type { Report } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { classificationReport } from './classification-report.ts'
import { frozenInputs, frozenRows, unitRows } from './frozen.ts'

export const knn = defineEvaluator({
  type: 'evaluation.knn',
  version: 1,
  title: 'Nearest neighbours',
  category: 'evaluation',
  doc: `Classifies each row by the k rows of another dataset whose embeddings are most like its own. Nothing is fitted, so
nothing can be tuned away. Each neighbour votes for its class with a weight by its cosine:

$$\\mathrm{votes}_c(x) = \\sum_{i \\in N_k(x)} e^{\\cos(x, x_i) / \\tau}\\, [y_i = c]$$

Equal highest votes count as wrong. Chance is one over the number of classes that occur among the rows to learn from.

Source: Wu et al. 2018 (instance discrimination, arXiv 1805.01978), section 3.4; Caron et al. 2021 (DINO, arXiv
2104.14294), whose k is 20 and τ 0.07.`,
  params: z.strictObject({
    label: z
      .string()
      .default('label')
      .describe('The category column that holds the truth, in both datasets.'),
    k: z.int().min(1).max(1000).default(20).describe('Neighbours that vote; all rows where there are fewer.'),
    temperature: z.number().min(0.01).max(100).default(0.07).describe('The τ of the weights.'),
  }),
  inputs: frozenInputs,
  types: () => ({ report: { kind: 'report' } }),
  needs: p => ({ wires: ['embedding'], fields: { [p.label]: 'category' } }),
  evaluate: async (context, p): Promise<Report> => {
    const { classes, train, test } = await frozenRows(context, p.label)
    const known = unitRows(train.values, train.width)
    const asked = unitRows(test.values, test.width)
    const votes = (row: number) => {
      const out = new Float64Array(classes.length)
      const x = asked.subarray(row * test.width, (row + 1) * test.width)
      for (const { index, cosine } of nearest(x, known, p.k))
        out[train.labels[index]!]! += Math.exp(cosine / p.temperature)
      return out
    }
    const tested = { dataset: context.dataset, rows: test.places, truth: test.labels }
    const report = classificationReport(classes, tested, votes, new Set(train.labels).size)
    return { ...report, metrics: { ...report.metrics, train_rows: train.rows } }
  },
})

interface Neighbour {
  readonly index: number
  readonly cosine: number
}

/** The k rows with the highest cosine to x, best first; of equals the earlier. */
function nearest(x: Float64Array, rows: Float64Array, k: number): Neighbour[] {
  const best: Neighbour[] = []
  for (let index = 0, from = 0; from < rows.length; index++, from += x.length) {
    let cosine = 0
    for (let j = 0; j < x.length; j++) cosine += x[j]! * rows[from + j]!
    if (best.length === k && !(cosine > best[k - 1]!.cosine)) continue
    if (best.length === k) best.pop()
    let place = best.length
    while (place > 0 && cosine > best[place - 1]!.cosine) place--
    best.splice(place, 0, { index, cosine })
  }
  return best
}
