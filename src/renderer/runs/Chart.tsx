import { useEffect, useId, useLayoutEffect, useRef, useSyncExternalStore } from 'react'
import 'uplot/dist/uPlot.min.css'
import styles from './Chart.module.css'
import type { ChartGroup, Reading, SeriesSource } from './chart-source.ts'
import { Plot } from './plot.ts'

export interface ChartProps {
  /** What it shows and in which unit: `Throughput`, `steps/s`. */
  readonly title: string
  readonly unit?: string
  readonly source: SeriesSource
  readonly colour: string
  readonly format: (value: number) => string
  readonly log?: boolean
  readonly smoothing?: number
  readonly fromZero?: boolean
  readonly marks?: readonly number[]
  /** Steps from which on something was changed. */
  readonly edits?: readonly number[]
  /** Steps before this one are the run's that this was forked from. */
  readonly inherited?: number
  /** The step that the run was taken back to. */
  readonly here?: number | null
  readonly group?: ChartGroup
  /** Said where there is nothing to draw. */
  readonly none?: string
}

const NONE: readonly number[] = []

/** A chart with its title, the value under the crosshair, or else the last one. Drawn outside React. */
export function Chart(props: ChartProps) {
  const { title, unit, source, colour, format, log = false, smoothing = 0, fromZero = false } = props
  const { marks = NONE, edits = NONE, inherited = 0, here = null, group, none = 'No numbers yet.' } = props
  const empty = useSyncExternalStore(source.subscribe, () => !source.read()?.length)
  const host = useRef<HTMLDivElement>(null)
  const readout = useRef<HTMLSpanElement>(null)
  const plot = useRef<Plot | null>(null)
  const name = useId()

  const hovered = useRef(false)
  const show = useRef<(reading: Reading | null) => void>(() => {})
  useLayoutEffect(() => {
    // Asking for the width costs a layout: only while someone points.
    const textOf = (reading: Reading | null) =>
      readingText(reading ?? last(source), reading, props, reading ? (host.current?.clientWidth ?? 0) : 0)
    show.current = reading => {
      hovered.current = reading !== null
      if (readout.current) readout.current.textContent = textOf(reading)
    }
  })

  const settings = {
    source,
    colour,
    compact: false,
    log,
    smoothing,
    fromZero,
    format,
    marks,
    edits,
    inherited,
    here,
    group,
    onHover: (reading: Reading | null) => show.current(reading),
  }
  const first = useRef(settings)
  useLayoutEffect(() => {
    const made = new Plot(host.current!, first.current)
    plot.current = made
    return () => made.destroy()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the object is new each time, these are what is in it
  useLayoutEffect(
    () => plot.current?.set(settings),
    [source, colour, log, smoothing, fromZero, format, marks, edits, inherited, here, group],
  )

  // The last value follows the run while nobody points at the chart.
  useEffect(() => {
    const update = () => {
      if (!hovered.current) show.current(null)
    }
    update()
    return source.subscribe(update)
  }, [source])

  return (
    <figure className={styles.chart} aria-labelledby={name}>
      <figcaption className={styles.head}>
        <span className={styles.dot} style={{ background: `var(${colour})` }} />
        <span id={name} className={styles.title}>
          {title}
          {unit && <span className="visually-hidden">, {unit}</span>}
        </span>
        <span className={styles.reading}>
          <span ref={readout} className={styles.readout} />
          {unit && !empty && (
            <span className={styles.unit} title={unit} aria-hidden="true">
              {unit.startsWith('steps') ? <span>steps</span> : null}
              {unit.replace(/^steps/, '')}
            </span>
          )}
        </span>
      </figcaption>
      {empty && <p className={styles.none}>{none}</p>}
      <div
        ref={host}
        className={styles.plot}
        data-empty={empty || undefined}
        role="img"
        aria-label={`${title} over steps. Arrow keys read it, drag to zoom, double-click to reset.`}
        tabIndex={empty ? -1 : 0}
        onKeyDown={e => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key]
          if (by) {
            plot.current?.moveCursor(by * (e.shiftKey ? 10 : 1))
            e.preventDefault()
          } else if (e.key === 'Escape') {
            plot.current?.clearCursor()
            group?.setZoom(null)
          }
        }}
        onBlur={() => plot.current?.clearCursor()}
      />
    </figure>
  )
}

function last(source: SeriesSource): Reading | null {
  const series = source.read()
  if (!series?.length) return null
  const i = series.length - 1
  return { step: series.steps[i]!, value: series.values[i]!, smoothed: Number.NaN }
}

/** Room for the smoothed value beside the other. */
const BOTH = 270

function readingText(
  shown: Reading | null,
  hovered: Reading | null,
  { format, smoothing }: ChartProps,
  width: number,
): string {
  if (!shown) return ''
  const value = format(shown.value)
  return hovered && smoothing && width > BOTH ? `${value}  smooth ${format(hovered.smoothed)}` : value
}
