import { useLayoutEffect, useRef } from 'react'
import 'uplot/dist/uPlot.min.css'
import { steady } from '../ui/format.ts'
import styles from './Chart.module.css'
import type { SeriesSource } from './chart-source.ts'
import { Plot } from './plot.ts'

const NONE: readonly number[] = []

interface Props {
  readonly source: SeriesSource
  readonly colour: string
  /** The last step there will be: the line grows towards the right edge. */
  readonly until: number
  readonly label: string
}

/** The same chart without axes or crosshair, for cards. */
export function Sparkline({ source, colour, until, label }: Props) {
  const host = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const plot = new Plot(host.current!, {
      source,
      colour,
      compact: true,
      log: false,
      smoothing: 0.6,
      fromZero: false,
      format: steady,
      marks: NONE,
      edits: NONE,
      inherited: 0,
      here: null,
      until,
    })
    return () => plot.destroy()
  }, [source, colour, until])
  return <div ref={host} className={styles.spark} role="img" aria-label={label} />
}
