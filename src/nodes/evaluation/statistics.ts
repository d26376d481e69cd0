export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Standard error of a proportion p over n independent items. */
export const proportionError = (p: number, n: number): number => Math.sqrt((p * (1 - p)) / n)

/**
 * Standard error of the mean of independent items: the root of their variance (over n) by n. For outcomes of 0 and 1
 * it is that of a proportion.
 */
export function meanError(values: readonly number[]): number {
  const m = mean(values)
  return Math.sqrt(mean(values.map(x => (x - m) ** 2)) / values.length)
}
