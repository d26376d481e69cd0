import type { Verdict } from '../../graph/host.ts'

/** Where the parts of the picture of an interval lie, in per cent of its width. */
export interface IntervalLayout {
  readonly low: number
  readonly high: number
  readonly at: number
  readonly zero: number
  /** The line that the interval or the mean is held against. */
  readonly threshold: number
  /** Where it must lie to meet the bar; undefined where it must hold the line instead. */
  readonly good: { readonly from: number; readonly to: number } | undefined
}

/** Share of the width that is left free on both sides. */
const EDGE = 0.12

/** Lays out the interval of a difference with 0 and the threshold; undefined where there is no interval. */
export function intervalLayout({ interval, threshold, bar }: Verdict): IntervalLayout | undefined {
  if (!interval) return undefined
  const { difference, low, high } = interval
  const all = [low, high, difference, threshold, 0]
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const width = most - least || 1
  const from = least - EDGE * width
  const place = (x: number) => (100 * (x - from)) / (width * (1 + 2 * EDGE))
  const line = place(threshold)
  const good =
    bar.relation === 'chance'
      ? undefined
      : bar.relation === 'less'
        ? { from: 0, to: line }
        : { from: line, to: 100 }
  return { low: place(low), high: place(high), at: place(difference), zero: place(0), threshold: line, good }
}
