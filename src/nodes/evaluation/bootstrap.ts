import { threefry } from '../../ir/threefry.ts'
import { mean } from './statistics.ts'

/** What items were worth under each seed of an experiment: [seed][item], as reports keep them. */
export type Outcomes = readonly (readonly number[])[]

export interface BootstrapOptions {
  readonly resamples?: number
  /** Of the resampling, so that an interval is the same each time. */
  readonly seed?: number
  /** Share of the resamples that the interval holds. */
  readonly level?: number
}

/** A mean over seeds and items, with its interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
  /** The mean of each seed: how far one run may be from another. */
  readonly bySeed: readonly number[]
  /** Items. */
  readonly n: number
}

const TWO_32 = 2 ** 32

/**
 * The difference of two arms of an experiment, a − b, with the interval of a paired bootstrap: items are drawn with
 * replacement, the same ones for both arms and all seeds, and the percentiles of the mean difference are the ends.
 * It holds for these seeds: what another seed would do shows in `bySeed` only. An arm is better where the interval
 * lies above 0, and no worse by more than m where it lies above −m.
 *
 * Throws where the arms do not have the same seeds and items, or an outcome is no number.
 *
 * Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 13.3 (percentile interval); paired as in
 * Koehn 2004, Statistical significance tests for machine translation evaluation.
 */
export function pairedBootstrap(a: Outcomes, b: Outcomes, options: BootstrapOptions = {}): Interval {
  if (a.length !== b.length)
    throw new Error(
      `the arms have ${a.length} and ${b.length} seeds: a comparison in pairs needs the same ones`,
    )
  const differences = a.map((items, s) => {
    const others = b[s]!
    if (items.length !== others.length)
      throw new Error(
        `under seed ${s} the arms have ${items.length} and ${others.length} items: a comparison in pairs needs the same ones`,
      )
    return items.map((x, i) => x - others[i]!)
  })
  return meanBootstrap(differences, options)
}

/** The mean of one arm with its interval, to be compared with a number such as chance. */
export function meanBootstrap(
  outcomes: Outcomes,
  { resamples = 10_000, seed = 0, level = 0.95 }: BootstrapOptions = {},
): Interval {
  const n = outcomes[0]?.length ?? 0
  if (n === 0) throw new Error('there are no items to draw from')
  if (outcomes.some(items => items.length !== n))
    throw new Error(`each seed needs the same items; they have ${outcomes.map(o => o.length).join(', ')}`)
  if (outcomes.some(items => !items.every(Number.isFinite)))
    throw new Error('an outcome is not a finite number')
  // The mean over seeds of each item: as the same items are drawn for all seeds, nothing more is needed.
  const values = Float64Array.from({ length: n }, (_, i) => mean(outcomes.map(items => items[i]!)))
  const means = Float64Array.from({ length: resamples }, (_, r) => resampledMean(values, seed, r)).sort()
  return {
    mean: mean([...values]),
    low: percentile(means, (1 - level) / 2),
    high: percentile(means, (1 + level) / 2),
    bySeed: outcomes.map(mean),
    n,
  }
}

/** The mean of as many items as there are, drawn with replacement. */
function resampledMean(values: Float64Array, seed: number, resample: number): number {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i += 2) {
    const [first, second] = threefry(seed, resample, i, n)
    sum += values[Math.floor((first / TWO_32) * n)]!
    if (i + 1 < n) sum += values[Math.floor((second / TWO_32) * n)]!
  }
  return sum / n
}

/** With linear interpolation between the two nearest, as numpy's. */
function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!)
}
