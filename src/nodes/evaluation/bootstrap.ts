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
  /** Each seed has items of its own, which are drawn apart. */
  readonly apart?: boolean
}

/** A mean over seeds and items, with its interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
  /** The mean of each seed: how far one run may be from another. */
  readonly bySeed: readonly number[]
  /** Items; the fewest of a seed or an arm where they differ. */
  readonly n: number
}

const TWO_32 = 2 ** 32
/** An odd number that spreads the groups' streams. */
const TWO_32_BY_PHI = 0x9e3779b9

/** Items that are drawn together: what each adds to the statistic, which is the sum of the groups' means. */
type Group = Float64Array

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
  sameSeeds(a, b)
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

/**
 * The difference a − b of two figures that have different items: those of each are drawn apart.
 *
 * Source: Efron & Tibshirani 1993, section 8.3 (the two-sample problem).
 */
export function independentBootstrap(a: Outcomes, b: Outcomes, options: BootstrapOptions = {}): Interval {
  sameSeeds(a, b)
  const groups = [...groupsOf(a, 1, options.apart), ...groupsOf(b, -1, options.apart)]
  const bySeed = a.map((items, s) => mean(items) - mean(b[s]!))
  return intervalOf(groups, bySeed, least([...a, ...b]), options)
}

/** The mean of one arm with its interval, to be compared with a number such as chance. */
export const meanBootstrap = (outcomes: Outcomes, options: BootstrapOptions = {}): Interval =>
  intervalOf(groupsOf(outcomes, 1, options.apart), outcomes.map(mean), least(outcomes), options)

function sameSeeds(a: Outcomes, b: Outcomes): void {
  if (a.length !== b.length)
    throw new Error(
      `the arms have ${a.length} and ${b.length} seeds: a comparison in pairs needs the same ones`,
    )
}

const least = (outcomes: Outcomes): number => Math.min(...outcomes.map(items => items.length))

/** One group a seed where they are drawn apart; else one for all, in which an item is worth its mean over seeds. */
function groupsOf(outcomes: Outcomes, sign: 1 | -1, apart = false): Group[] {
  if ((outcomes[0]?.length ?? 0) === 0 || outcomes.some(items => items.length === 0))
    throw new Error('there are no items to draw from')
  if (outcomes.some(items => !items.every(Number.isFinite)))
    throw new Error('an outcome is not a finite number')
  if (apart) return outcomes.map(items => Float64Array.from(items, x => (sign * x) / outcomes.length))
  const n = outcomes[0]!.length
  if (outcomes.some(items => items.length !== n))
    throw new Error(`each seed needs the same items; they have ${outcomes.map(o => o.length).join(', ')}`)
  return [Float64Array.from({ length: n }, (_, i) => sign * mean(outcomes.map(items => items[i]!)))]
}

function intervalOf(
  groups: readonly Group[],
  bySeed: readonly number[],
  n: number,
  { resamples = 10_000, seed = 0, level = 0.95 }: BootstrapOptions,
): Interval {
  const means = Float64Array.from({ length: resamples }, (_, r) =>
    groups.reduce((sum, values, g) => sum + resampledMean(values, seed, g, r), 0),
  ).sort()
  return {
    mean: groups.reduce((sum, values) => sum + mean([...values]), 0),
    low: percentile(means, (1 - level) / 2),
    high: percentile(means, (1 + level) / 2),
    bySeed,
    n,
  }
}

/** The mean of as many items as there are, drawn with replacement; each group has a stream of its own. */
function resampledMean(values: Float64Array, seed: number, group: number, resample: number): number {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i += 2) {
    const [first, second] = threefry(seed, resample, i, n + group * TWO_32_BY_PHI)
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
