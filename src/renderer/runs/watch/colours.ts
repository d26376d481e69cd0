import { useMemo } from 'react'
import { useSession } from '../../state/index.ts'
import { type Scale, shareOf } from './scale.ts'

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

/** The colour of a number: from the panel's to the accent; towards amber below 0; red where it is none. */
export function colourOf(value: number, scale: Scale, { base, high, low, none }: Colours): Rgb {
  if (!Number.isFinite(value)) return none
  const { min, max } = scale
  const both = min < 0 && max > 0
  const clipped = Math.max(min, Math.min(max, value))
  const end = both && value < 0 ? low : high
  const share = (both ? Math.abs(clipped) / Math.max(-min, max) : shareOf(value, scale)) ** 0.8
  return [0, 1, 2].map(k => Math.round(base[k]! + (end[k]! - base[k]!) * share)) as unknown as Rgb
}
