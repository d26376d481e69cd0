import type { DatasetValue, Report } from '../../graph/host.ts'
import { type Figure, itemsOf } from './figures.ts'
import { classify, predict } from './predict.ts'
import { proportionError } from './statistics.ts'

/** The rows that were classified: which of a dataset they are, and the class of each. */
export interface ClassifiedRows {
  readonly dataset: DatasetValue
  readonly rows: readonly number[]
  readonly truth: readonly number[]
}

/**
 * What a classifier came to: accuracy, balanced accuracy, ties and the confusion matrix. `scores` what the classifier gives each class for it, `candidates` how many classes it chooses from.
 */
export function classificationReport(
  classes: readonly string[],
  { dataset, rows, truth }: ClassifiedRows,
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
    ...itemsOf(dataset, figuresOf(classes, rows, truth, predicted, result.present)),
    matrices: [{ title: 'Confusion', rowLabels: classes, columnLabels: classes, values: result.confusion }],
  }
}

/**
 * All rows; all rows weighed so that each class counts the same, whose mean is the balanced accuracy; and the rows of
 * each class alone.
 */
function figuresOf(
  classes: readonly string[],
  rows: readonly number[],
  truth: readonly number[],
  predicted: readonly number[],
  present: number,
): Figure[] {
  const right = predicted.map((c, row) => (c === truth[row] ? 1 : 0))
  const counts = classes.map((_, c) => truth.filter(t => t === c).length)
  const weighed = right.map((r, row) => (r * truth.length) / (present * counts[truth[row]!]!))
  const alone = classes.flatMap((name, c) => {
    const own = truth.flatMap((t, row) => (t === c ? [row] : []))
    const figure = {
      name: `top1/${name}`,
      values: own.map(row => right[row]!),
      rows: own.map(row => rows[row]!),
    }
    return own.length ? [figure] : []
  })
  return [
    { name: 'top1', values: right, rows },
    { name: 'balanced_accuracy', values: weighed, rows },
    ...alone,
  ]
}
