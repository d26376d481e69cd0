import { GraphFault } from '../../graph/diagnostic.ts'
import type { Report } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { itemsOf } from './figures.ts'
import { measuredInputs } from './inputs.ts'
import { mean, meanError } from './statistics.ts'

/** A class that occurs: its share of the rows, and the logarithm of what the model gives it. */
interface Mass {
  readonly name: string
  readonly rows: readonly number[]
  readonly share: number
  readonly log: number
}

export const distribution = defineEvaluator({
  type: 'evaluation.distribution',
  version: 1,
  title: 'Scores as a distribution',
  category: 'evaluation',
  doc: `Holds an unnormalised log density against what it is to be the density of: how often the classes of a column come.
With $p_c$ the share of class $c$ among the rows and $s_c$ its score, the logarithm of the mean of $e^s$ over its rows:

$$Z = \\sum_c e^{s_c},\\qquad \\hat p_c = \\frac{e^{s_c}}Z,\\qquad
\\mathrm{kl} = \\sum_c p_c \\ln \\frac{p_c}{\\hat p_c},\\qquad
\\mathrm{total\\_variation} = \\tfrac12 \\sum_c |p_c - \\hat p_c|$$

\`log_total\` is $\\ln Z$: 0 for a model that has learned its own normaliser, as noise-contrastive estimation promises.
With a score $s = f + b$ whose bias stands for it, $-b$ is the estimate of $\\ln \\sum_c e^{f_c}$, and \`log_total\` its
error, whose size is \`log_total_error\`. It is exact, not a mean over rows: each row's item is the same.

The rows draw $p$, so that kl of a perfect model is about (classes − 1) / 2n, not 0. \`uniform_kl\` is the kl of a
model that gives all classes the same.

Source: Kullback & Leibler 1951, Eq. 2.4; the normaliser: Gutmann & Hyvärinen 2010, "Noise-contrastive estimation",
section 2.`,
  params: z.strictObject({
    label: z.string().default('label').describe('The category column whose classes are scored.'),
  }),
  inputs: {
    scores: {
      accepts: { kind: 'tensor', dtype: 'float', dims: ['batch'] },
      doc: 'The log density of each row’s class, normalised or not.',
    },
    ...measuredInputs,
  },
  types: () => ({ report: { kind: 'report' } }),
  needs: p => ({ wires: ['scores'], fields: { [p.label]: 'category' } }),
  evaluate: async (context, p): Promise<Report> => {
    const { classes, values } = await context.category(p.label)
    const { values: scores } = await context.embed('scores')
    const labelled = values.flatMap((v, i) => (v >= 0 ? [i] : []))
    if (labelled.length === 0)
      throw new GraphFault('DT050', `no row of the dataset has a class in "${p.label}"`, {
        field: 'params.label',
      })
    const nan = labelled.filter(row => Number.isNaN(scores[row]!)).length
    const masses = classes.flatMap((name, c): Mass[] => {
      const rows = labelled.filter(row => values[row] === c)
      if (rows.length === 0) return []
      const share = rows.length / labelled.length
      return [{ name, rows, share, log: logMeanExp(rows.map(row => scores[row]!)) }]
    })
    const logTotal = logMeanExp(masses.map(m => m.log)) + Math.log(masses.length)
    const modelled = masses.map(m => Math.exp(m.log - logTotal))
    // What each row adds to the mean that is kl.
    const items = new Map(
      masses.flatMap((m, k) => m.rows.map(row => [row, Math.log(m.share / modelled[k]!)] as const)),
    )
    const surprise = labelled.map(row => items.get(row)!)
    return {
      metrics: {
        kl: mean(surprise),
        total_variation: masses.reduce((sum, m, k) => sum + Math.abs(m.share - modelled[k]!), 0) / 2,
        log_total: logTotal,
        log_total_error: Math.abs(logTotal),
        uniform_kl: masses.reduce((sum, m) => sum + m.share * Math.log(m.share * masses.length), 0),
        classes: masses.length,
        n: labelled.length,
      },
      standardErrors: { kl: meanError(surprise) },
      ...itemsOf(context.dataset, [
        { name: 'kl', values: surprise, rows: labelled },
        { name: 'log_total_error', values: surprise.map(() => Math.abs(logTotal)), rows: labelled },
      ]),
      ...(nan && {
        warnings: [`${nan} of ${labelled.length} scores are NaN: the model has no distribution.`],
      }),
      matrices: [
        {
          title: 'Share of each class',
          axes: { rows: p.label, columns: 'share' },
          rowLabels: masses.map(m => m.name),
          columnLabels: ['data', 'model'],
          values: masses.map((m, k) => [m.share, modelled[k]!]),
        },
      ],
      tables: [
        {
          title: 'By class',
          columns: [p.label, 'n', 'share', 'model', 'model / share'],
          rows: masses.map((m, k) => [m.name, m.rows.length, m.share, modelled[k]!, modelled[k]! / m.share]),
        },
      ],
    }
  },
})

/** ln of the mean of exponentials, taken from the largest so that none overflows. */
function logMeanExp(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  if (!Number.isFinite(most)) return most
  return most + Math.log(mean(values.map(v => Math.exp(v - most))))
}
