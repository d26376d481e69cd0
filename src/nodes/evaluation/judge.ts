import type { BarSpec, Relation, Verdict } from '../../graph/host.ts'
import {
  type Interval,
  independentBootstrap,
  meanBootstrap,
  type Outcomes,
  pairedBootstrap,
} from './bootstrap.ts'
import { type FigureItems, sameItems } from './figures.ts'
import { mean } from './statistics.ts'

/** What a bar compares under one seed. */
export interface SeedArms {
  readonly bar: BarSpec
  readonly a: FigureItems
  readonly b?: FigureItems
}

/** The outcomes of a bar's arms under each seed, [seed][item]. */
interface Arms {
  readonly a: Outcomes
  /** None where the bar compares with a number. */
  readonly b?: Outcomes
  /** Each seed has items of its own. */
  readonly apart?: boolean
}

export interface Judgement {
  readonly verdict: Verdict
  /** Of the difference; undefined where an outcome is no number. */
  readonly interval?: Interval
  /** The arms' means. */
  readonly a: number
  readonly b?: number
  /** Items: of the first arm, the fewest of a seed. */
  readonly n: number
}

/**
 * Judges a claim on the items of one or more seeds: the mean over seeds, items drawn anew. Seeds that have the same items
 * share the draws. With an outcome that is no number the bar is not met: nothing can be claimed of it.
 */
export function judgeSeeds(claim: string, seeds: readonly [SeedArms, ...SeedArms[]]): Judgement {
  const [first] = seeds
  const values = seeds.flatMap(({ bar }) => bar.value ?? [])
  const bar: BarSpec = {
    ...first.bar,
    // A chance level may be another under each seed: what counts is the mean difference.
    ...(values.length > 0 && { value: mean(values) }),
    paired: seeds.every(s => s.bar.paired),
  }
  const same = seeds.every(s => sameItems(s.a, first.a) && (!s.b || !first.b || sameItems(s.b, first.b)))
  return judge(claim, bar, {
    a: seeds.map(s => s.a.items),
    ...(first.b && { b: seeds.map(s => s.b?.items ?? []) }),
    apart: seeds.length > 1 && !same,
  })
}

/** As `judgeSeeds`, once it is known which draws are shared. */
export function judge(claim: string, bar: BarSpec, arms: Arms): Judgement {
  const threshold = bar.relation === 'noWorse' ? -bar.margin : 0
  const [a, b] = [pooled(arms.a), arms.b && pooled(arms.b)]
  const n = Math.min(...arms.a.map(items => items.length))
  const numbers = { a, ...(b !== undefined && { b }), n }
  const broken = [...arms.a, ...(arms.b ?? [])].flat().filter(x => !Number.isFinite(x)).length
  if (broken > 0) {
    const count = broken === 1 ? '1 outcome is' : `${broken} outcomes are`
    const sentence = `${count} not a number, so nothing can be claimed.`
    return { verdict: { claim, met: false, sentence, bar, threshold }, ...numbers }
  }
  const interval = intervalOf(bar, arms)
  const { mean: difference, low, high } = interval
  const met = isMet(bar.relation, interval, threshold)
  const sentence = sentenceOf(bar, interval, numbers)
  const verdict = { claim, met, sentence, bar, threshold, interval: { difference, low, high } }
  return { verdict, interval, ...numbers }
}

const pooled = (outcomes: Outcomes): number => mean(outcomes.map(mean))

function intervalOf({ value = 0, paired }: BarSpec, { a, b, apart }: Arms): Interval {
  if (b) return (paired ? pairedBootstrap : independentBootstrap)(a, b, { apart })
  return meanBootstrap(
    a.map(items => items.map(x => x - value)),
    { apart },
  )
}

/** What rounding may have done to a difference that should be 0. */
const ROUNDING = 1e-12

function isMet(relation: Relation, { mean: difference, low, high }: Interval, threshold: number): boolean {
  switch (relation) {
    case 'greater':
    case 'noWorse':
      return low > threshold + ROUNDING
    case 'less':
      return high < -ROUNDING
    case 'chance':
      return low <= ROUNDING && -ROUNDING <= high
    case 'atLeast':
      return difference >= -ROUNDING
  }
}

/** With an arm of its own: the difference and where it must lie; against a number: the figure and where it must lie. */
function sentenceOf(
  bar: BarSpec,
  { mean: difference, low, high }: Interval,
  { a, b, n }: Omit<Judgement, 'verdict'>,
): string {
  const items = `${n} ${n === 1 ? 'item' : 'items'}`
  if (b !== undefined) {
    const other = bar.against === bar.metric ? '' : `${bar.against} `
    const how = bar.paired ? 'in pairs' : 'drawn apart'
    const numbers = `${bar.metric} ${show(a)} against ${other}${show(b)}: difference ${show(difference)} [${show(low)}, ${show(high)}]`
    return `${numbers} over ${items} ${how}; ${must(bar.relation, 0, bar.margin)}.`
  }
  const value = bar.value ?? 0
  const ends = `[${show(low + value)}, ${show(high + value)}]`
  return `${bar.metric} ${show(a)} ${ends} over ${items}; ${must(bar.relation, value, bar.margin)}.`
}

function must(relation: Relation, at: number, margin: number): string {
  switch (relation) {
    case 'greater':
      return `the interval must lie above ${show(at)}`
    case 'less':
      return `the interval must lie below ${show(at)}`
    case 'noWorse':
      return `the interval must lie above ${show(at - margin)}`
    case 'chance':
      return `the interval must hold ${show(at)}`
    case 'atLeast':
      return `the mean must be at least ${show(at)}`
  }
}

/** Three decimals, with a true minus sign; more digits for what three would make 0. */
export function show(x: number): string {
  if (Math.abs(x) < ROUNDING) return '0'
  const text = Math.abs(x) < 0.0005 ? x.toExponential(1) : String(Number(x.toFixed(3)))
  return text.replace(/^-/, '−')
}
