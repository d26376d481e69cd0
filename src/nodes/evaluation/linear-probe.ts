import { GraphFault } from '../../graph/diagnostic.ts'
import type { Report } from '../../graph/host.ts'
import { defineEvaluator, z } from '../../graph/kit.ts'
import { classificationReport } from './classification-report.ts'
import { frozenInputs, frozenRows } from './frozen.ts'
import { fitLogistic } from './logistic.ts'

export const linearProbe = defineEvaluator({
  type: 'evaluation.linearProbe',
  version: 1,
  title: 'Linear probe',
  category: 'evaluation',
  doc: `How much of a class can be read off frozen embeddings by a linear classifier: multinomial logistic regression,
fitted on one dataset and tested on another:

$$\\min_{W, b} \\sum_i -\\log \\mathrm{softmax}(W x_i + b)_{y_i} + \\frac1{2C} \\|W\\|^2$$

The same numbers as scikit-learn's \`LogisticRegression(C)\`. The embeddings are taken as they are: unit vectors need a
larger C than long ones. Chance is one over the number of classes that occur in training; a class that does not is
always missed.

Source: Radford et al. 2021 (arXiv 2103.00020), appendix A.3; Kornblith et al. 2019 (arXiv 1805.08974).`,
  params: z.strictObject({
    label: z
      .string()
      .default('label')
      .describe('The category column that holds the truth, in both datasets.'),
    C: z.number().gt(0).max(1e6).default(1).describe('Inverse strength of the weight decay.'),
  }),
  inputs: frozenInputs,
  types: () => ({ report: { kind: 'report' } }),
  needs: p => ({ wires: ['embedding'], fields: { [p.label]: 'category' } }),
  evaluate: async (context, p): Promise<Report> => {
    const { classes, train, test } = await frozenRows(context, p.label)
    const present = [...new Set(train.labels)]
    if (present.length < 2)
      throw new GraphFault('DT050', `all rows to learn from have one class, "${classes[present[0]!]}"`, {
        port: 'train',
      })
    const fit = fitLogistic(
      { ...train, labels: train.labels.map(label => present.indexOf(label)) },
      present.length,
      p.C,
    )
    const scores = (row: number) => {
      const known = fit.scores(test.values.subarray(row * test.width, (row + 1) * test.width))
      const all = new Float64Array(classes.length).fill(Number.NEGATIVE_INFINITY)
      present.forEach((c, k) => {
        all[c] = known[k]!
      })
      return all
    }
    const tested = { dataset: context.dataset, rows: test.places, truth: test.labels }
    const report = classificationReport(classes, tested, scores, present.length)
    const correct = train.labels.filter((label, row) => {
      const own = fit.scores(train.values.subarray(row * train.width, (row + 1) * train.width))
      return present[own.indexOf(Math.max(...own))] === label
    })
    return {
      ...report,
      metrics: {
        ...report.metrics,
        train_accuracy: correct.length / train.rows,
        train_rows: train.rows,
        iterations: fit.iterations,
      },
    }
  },
})
