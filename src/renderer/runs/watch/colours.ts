import { useMemo } from 'react'
import { useSession } from '../../state/index.ts'

type Rgb = readonly [number, number, number]

/** The colours that numbers are drawn in, in the theme of the window. */
export interface Colours {
  readonly base: Rgb
  readonly high: Rgb
  readonly low: Rgb
  readonly none: Rgb
}

/** `#4f46e5` as numbers. */
function channels(hex: string): Rgb {
  const n = Number.parseInt(hex.trim().slice(1, 7), 16)
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255]
}

export function useColours(): Colours {
  const theme = useSession(state => state.theme)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours that are read
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement)
    const read = (name: string) => channels(style.getPropertyValue(name))
    return {
      base: read('--panel-2'),
      high: read('--accent'),
      low: read('--wire-tok'),
      none: read('--bad'),
    }
  }, [theme])
}

/** Where a scale goes: numbers on both sides of 0 get two colours that meet there. */
export interface Scale {
  readonly min: number
  readonly max: number
}

export function scaleOf(values: ArrayLike<number>): Scale {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!
    if (!Number.isFinite(v)) continue
    if (v < min) min = v
    if (v > max) max = v
  }
  return min <= max ? { min, max } : { min: 0, max: 0 }
}

/** The colour of a number: from the panel's to the accent; towards amber below 0; red where it is none. */
export function colourOf(value: number, { min, max }: Scale, { base, high, low, none }: Colours): Rgb {
  if (!Number.isFinite(value)) return none
  const both = min < 0 && max > 0
  const span = both ? Math.max(-min, max) : max - min
  const t = span === 0 ? 0 : both ? Math.abs(value) / span : (value - min) / span
  const end = both && value < 0 ? low : high
  const share = Math.min(1, t) ** 0.8
  return [0, 1, 2].map(k => Math.round(base[k]! + (end[k]! - base[k]!) * share)) as unknown as Rgb
}
