import { proportionError } from './statistics.ts'

/**
 * The class that a row of scores names. The true class counts only if it beats every other: one that is
 * level with it, or a NaN on either side, is named instead, so that a constant scorer is never rewarded.
 */
export function predict(
  scores: ArrayLike<number>,
  truth: number,
): { readonly predicted: number; readonly tie: boolean } {
  const right = scores[truth]!
  let best = -1
  for (let c = 0; c < scores.length; c++) {
    if (c !== truth && !(scores[c]! < right) && (best < 0 || scores[c]! > scores[best]!)) best = c
  }
  return best < 0 ? { predicted: truth, tie: false } : { predicted: best, tie: !(scores[best]! > right) }
}

/** Confusion counts [true][predicted], accuracy, and the mean of the classes' recalls (classes with rows only). */
export function classify(
  truth: readonly number[],
  predicted: readonly number[],
  classes: number,
): { confusion: number[][]; top1: number; balanced: number; balancedError: number; present: number } {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  truth.forEach((t, i) => {
    confusion[t]![predicted[i]!]!++
  })
  const rows = confusion.map(row => row.reduce((a, b) => a + b, 0))
  const recalls = confusion.flatMap((row, c) => (rows[c] ? [{ recall: row[c]! / rows[c], n: rows[c] }] : []))
  const present = recalls.length
  const hits = confusion.reduce((sum, row, c) => sum + row[c]!, 0)
  return {
    confusion,
    top1: hits / truth.length,
    balanced: recalls.reduce((sum, r) => sum + r.recall, 0) / present,
    // The classes' recalls are independent proportions.
    balancedError:
      Math.sqrt(recalls.reduce((sum, r) => sum + proportionError(r.recall, r.n) ** 2, 0)) / present,
    present,
  }
}
