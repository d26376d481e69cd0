import { hashString } from '../../nn/init.ts'

/** A judged statement: what a model said of it, and whether it is true. */
export interface Judged {
  readonly score: number
  readonly truth: boolean
}

/** A statement is taken for true where its score lies above the threshold; a NaN is taken for neither. */
export const isRight = ({ score, truth }: Judged, threshold: number): boolean =>
  truth ? score > threshold : score <= threshold

/**
 * The threshold under which most of the statements are judged right. Between every two neighbouring scores, and below
 * and above all of them, there is one candidate; of equally good ones the middle one is taken. A constant scorer thus
 * gets a threshold that says the more frequent answer to everything.
 */
export function fitThreshold(judged: readonly Judged[]): number {
  const known = judged.filter(j => !Number.isNaN(j.score)).sort((a, b) => a.score - b.score)
  // Below all scores everything is said to be true; each statement passed on the way up is said to be false.
  let right = known.filter(j => j.truth).length
  let most = right
  let best = [Number.NEGATIVE_INFINITY]
  known.forEach(({ score, truth }, i) => {
    right += truth ? -1 : 1
    const next = known[i + 1]?.score
    if (next === score || right < most) return
    const threshold = next === undefined ? Number.POSITIVE_INFINITY : between(score, next)
    if (right > most) best = [threshold]
    else best.push(threshold)
    most = right
  })
  return best[best.length >> 1]!
}

/** A number t with a ≤ t < b. */
function between(a: number, b: number): number {
  const middle = a + (b - a) / 2
  return Number.isFinite(middle) && middle < b ? middle : a
}

/** Parts of a dataset among which thresholds are fitted crosswise. */
export const FOLDS = 5

/**
 * A threshold for each statement, fitted on the statements of the other parts. A row's part depends on its id alone.
 */
export function crossFit(judged: readonly Judged[], ids: readonly string[]): number[] {
  const folds = ids.map(id => hashString(id)[0] % FOLDS)
  const thresholds = Array.from({ length: FOLDS }, (_, fold) =>
    fitThreshold(judged.filter((_, i) => folds[i] !== fold)),
  )
  return folds.map(fold => thresholds[fold]!)
}
