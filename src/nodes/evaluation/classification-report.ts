import type { Report } from '../../graph/host.ts'
import { classify, predict } from './predict.ts'
import { proportionError } from './statistics.ts'

/**
 * What a classifier came to: accuracy, balanced accuracy, ties and the confusion matrix. `truth` is the class of each
 * row, `scores` what the classifier gives each class for it, `candidates` how many classes it chooses from.
 */
export function classificationReport(
  classes: readonly string[],
  truth: readonly number[],
  scores: (row: number) => ArrayLike<number>,
  candidates: number = classes.length,
): Report {
  const predictions = truth.map((right, row) => predict(scores(row), right))
  const predicted = predictions.map(p => p.predicted)
  const result = classify(truth, predicted, classes.length)
  return {
    metrics: {
      top1: result.top1,
      balanced_accuracy: result.balanced,
      chance: 1 / candidates,
      classes: classes.length,
      classes_present: result.present,
      ties: predictions.filter(p => p.tie).length,
      n: truth.length,
    },
    standardErrors: {
      top1: proportionError(result.top1, truth.length),
      balanced_accuracy: result.balancedError,
    },
    items: { top1: predicted.map((c, row) => (c === truth[row] ? 1 : 0)) },
    matrices: [{ title: 'Confusion', rowLabels: classes, columnLabels: classes, values: result.confusion }],
  }
}
