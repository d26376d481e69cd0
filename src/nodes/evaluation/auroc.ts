import type { Judged } from './threshold.ts'

/** The area under the ROC curve with its standard error. */
export interface Auroc {
  readonly value: number
  /** NaN where one side has a single statement. */
  readonly error: number
  /** Share of the pairs of a true and a false statement that have the same score. */
  readonly tied: number
}

/**
 * The probability that a true statement scores higher than a false one, ties counting half (Mann & Whitney 1947), with
 * the standard error of DeLong et al. 1988, "Comparing the areas under two or more correlated receiver operating
 * characteristic curves", Eq. 4–6. A NaN loses against everything, whichever side it is on. Undefined without a
 * statement of each side.
 */
export function auroc(judged: readonly Judged[]): Auroc | undefined {
  const side = (truth: boolean) => judged.filter(j => j.truth === truth).map(j => j.score)
  const [trues, falses] = [side(true), side(false)]
  if (trues.length === 0 || falses.length === 0) return undefined
  const sorted = (scores: readonly number[]) => scores.filter(s => !Number.isNaN(s)).sort((a, b) => a - b)
  const [high, low] = [sorted(trues), sorted(falses)]
  const above = trues.map(s => beaten(low, s) / falses.length)
  const below = falses.map(s => (Number.isNaN(s) ? 0 : (high.length - beaten(high, s)) / trues.length))
  const value = above.reduce((a, b) => a + b, 0) / above.length
  const error = Math.sqrt(variance(above, value) / above.length + variance(below, value) / below.length)
  const equal = trues.reduce((sum, s) => sum + places(low, s).equal, 0)
  return { value, error, tied: equal / (trues.length * falses.length) }
}

/** How many of some sorted scores a score beats, equal ones counting half. */
function beaten(scores: readonly number[], score: number): number {
  const { less, equal } = places(scores, score)
  return less + equal / 2
}

function places(scores: readonly number[], score: number): { readonly less: number; readonly equal: number } {
  if (Number.isNaN(score)) return { less: 0, equal: 0 }
  const less = firstAt(scores, s => s >= score)
  return { less, equal: firstAt(scores, s => s > score) - less }
}

/** The first place of sorted scores where a condition holds that holds from there on. */
function firstAt(scores: readonly number[], holds: (score: number) => boolean): number {
  let [from, to] = [0, scores.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(scores[middle]!)) to = middle
    else from = middle + 1
  }
  return from
}

/** Of a sample: over n − 1. */
const variance = (values: readonly number[], mean: number): number =>
  values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1)
