import type { WatchScale } from '../../../graph/document.ts'
import { short, whole } from '../../ui/format.ts'

export type ScaleKind = 'linear' | WatchScale

/** Where a scale goes: numbers on both sides of 0 get two colours that meet there. */
export interface Scale {
  readonly log: boolean
  readonly min: number
  readonly max: number
  /** Whether there are numbers below and above it: they have the colours of its ends. */
  readonly below: boolean
  readonly above: boolean
}

/** Shares of the numbers that a clipped scale leaves out at each end. */
const CLIPPED = 0.01

/**
 * The scale of these numbers: from the least to the greatest; by their logarithm, where all are above 0; or clipped,
 * from the 1st to the 99th percentile.
 */
export function scaleOf(values: ArrayLike<number>, kind: ScaleKind = 'linear'): Scale {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!
    if (!Number.isFinite(v)) continue
    if (v < min) min = v
    if (v > max) max = v
  }
  if (min > max) return { log: false, min: 0, max: 0, below: false, above: false }
  if (kind !== 'clipped') return { log: kind === 'log' && min > 0, min, max, below: false, above: false }
  const sorted = Float64Array.from(Array.from(values).filter(Number.isFinite)).sort()
  const [low, high] = [percentile(sorted, CLIPPED), percentile(sorted, 1 - CLIPPED)]
  return { log: false, min: low, max: high, below: min < low, above: max > high }
}

/** Between the two nearest of these ordered numbers in proportion. */
function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const low = Math.floor(at)
  const [a, b] = [sorted[low]!, sorted[Math.min(low + 1, sorted.length - 1)]!]
  return a + (b - a) * (at - low)
}

/** Why these numbers have no logarithms; undefined where they do. */
export function whyNoLog(values: ArrayLike<number>): string | undefined {
  let [not, all] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue
    all++
    if (values[i]! <= 0) not++
  }
  return not === 0 ? undefined : `${whole(not)} of ${whole(all)} values are not above 0`
}

/** How far along the scale a number is: 0 at its least, 1 at its greatest, at its ends beyond them. */
export function shareOf(value: number, { log, min, max }: Scale): number {
  if (max === min) return value > max ? 1 : 0
  const share = log ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min)
  return Math.max(0, Math.min(1, share))
}

/** The number that is so far along the scale. */
export const valueAt = (share: number, { log, min, max }: Scale): number =>
  log ? min * (max / min) ** share : min + (max - min) * share

/** Labels closer than this share of the bar would touch. */
const APART = 0.16

export interface BarTick {
  readonly share: number
  readonly text: string
}

/** What is written at a colour bar: its ends; between them 0, or the powers of ten of a logarithm. */
export function barTicks(scale: Scale): readonly BarTick[] {
  const { log, min, max, below, above } = scale
  const end = (x: number, sign: string) => `${sign}${label(x, log ? x * Math.log(max / min) : max - min)}`
  const last = { share: 1, text: end(max, above ? '≥ ' : '') }
  if (min === max) return [last]
  const ticks: BarTick[] = [{ share: 0, text: end(min, below ? '≤ ' : '') }]
  for (const value of log ? tensOf(min, max) : [0]) {
    if (value <= min || value >= max) continue
    const share = shareOf(value, scale)
    if (share - ticks.at(-1)!.share > APART && share < 1 - APART) ticks.push({ share, text: short(value) })
  }
  return [...ticks, last]
}

const tensOf = (min: number, max: number): number[] => {
  const first = Math.ceil(Math.log10(min))
  const count = Math.max(0, Math.floor(Math.log10(max)) - first + 1)
  return Array.from({ length: count }, (_, i) => Number(`1e${first + i}`))
}

/** In three digits, or in as many more as it takes to be right to a hundredth of the bar. */
function label(x: number, span: number): string {
  for (let digits = 3; digits < 10; digits++) {
    const rounded = Number(x.toPrecision(digits))
    if (Math.abs(rounded - x) <= span / 100)
      return digits <= 4 ? short(rounded) : String(rounded).replace('-', '−')
  }
  return String(x).replace('-', '−')
}
