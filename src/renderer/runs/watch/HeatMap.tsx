import { type KeyboardEvent, type MouseEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { WatchPlane } from '../../../protocol/watch.ts'
import { short } from '../../ui/format.ts'
import { ColourBar } from './ColourBar.tsx'
import { colourOf, useColours } from './colours.ts'
import styles from './HeatMap.module.css'
import { ScalePick } from './ScalePick.tsx'
import { type ScaleKind, scaleOf } from './scale.ts'
import { ticksOf } from './ticks.ts'
import { planeValues } from './values.ts'

type Cell = readonly [row: number, column: number]

interface Props {
  readonly bytes: Uint8Array
  readonly plane: WatchPlane
  /** What it shows, for a screen reader. */
  readonly title: string
  readonly rowName: string
  readonly columnName: string
  /** What lies along the axes, where it is more than their names. */
  readonly rowTitle?: string
  readonly columnTitle?: string
  /** Pixels that it may be wide and high. */
  readonly room?: readonly [width: number, height: number]
  /** How many indices along each axis a cell stands for. */
  readonly block: readonly [rows: number, columns: number]
  readonly scaleKind: ScaleKind
  readonly onScale: (kind: ScaleKind) => void
  /** The cell that is opened. */
  readonly picked?: Cell
  /** Opens a cell, by a click or Enter. */
  readonly onPick?: (cell: Cell) => void
}

const ROOM = [420, 260] as const
const LARGEST_CELL = 22
const SHORTEST_BAR = 56

const ARROWS: Readonly<Record<string, Cell>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
}

/** Numbers as colours, with the names of both axes; pointing at a cell, or arrow keys, read it. */
export function HeatMap(props: Props) {
  const { bytes, plane, title, rowName, columnName, block, scaleKind, onScale, picked, onPick } = props
  const { rowTitle = rowName, columnTitle = columnName, room = ROOM } = props
  const { rows, columns } = plane
  const host = useRef<HTMLCanvasElement>(null)
  const [at, setAt] = useState<Cell | null>(null)
  const colours = useColours()
  const values = useMemo(() => planeValues(bytes, plane), [bytes, plane])
  const scale = useMemo(() => scaleOf(values, scaleKind), [values, scaleKind])
  const gaps = useMemo(() => values.some(v => !Number.isFinite(v)), [values])
  const cell = Math.min(LARGEST_CELL, room[0] / columns, room[1] / rows)
  useLayoutEffect(() => {
    const context = host.current!.getContext('2d')
    if (!context) return
    const image = context.createImageData(columns, rows)
    values.forEach((value, i) => {
      image.data.set([...colourOf(value, scale, colours), 255], i * 4)
    })
    context.putImageData(image, 0, 0)
  }, [values, scale, colours, rows, columns])

  const shown = at && at[0] < rows && at[1] < columns ? at : (picked ?? null)
  const pointed = (event: MouseEvent): Cell | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows)
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns)
    return row >= 0 && row < rows && column >= 0 && column < columns ? [row, column] : null
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = ARROWS[event.key]
    if (by) {
      const [row, column] = shown ?? [0, -by[1]]
      const move = (i: number, d: number, size: number) => Math.max(0, Math.min(size - 1, i + d))
      setAt([move(row, by[0], rows), move(column, by[1], columns)])
    } else if ((event.key === 'Enter' || event.key === ' ') && shown && onPick) onPick(shown)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const [width, height] = [columns * cell, rows * cell]
  const does = onPick
    ? 'Point at a cell to read it; a click or Enter opens its pair.'
    : 'Point at a cell, or use the arrow keys, to read it.'
  return (
    <div className={styles.heat}>
      <ScalePick kind={scaleKind} values={values} onPick={onScale} />
      <div className={styles.heatGrid}>
        <p className={styles.columnName}>{columnTitle}</p>
        <div className={styles.columnTicks} aria-hidden="true">
          {ticksOf(columns, cell, block[1], 30).map(tick => (
            <span key={tick.index} style={{ left: tick.at }}>
              {tick.index}
            </span>
          ))}
        </div>
        {rowName && <p className={styles.rowName}>{rowTitle}</p>}
        {rowName && (
          <div className={styles.rowTicks} aria-hidden="true">
            {ticksOf(rows, cell, block[0], 22).map(tick => (
              <span key={tick.index} style={{ top: tick.at }}>
                {tick.index}
              </span>
            ))}
          </div>
        )}
        <div className={`${styles.heatFrame} ${styles.heatCells}`} style={{ width, height }}>
          <canvas
            ref={host}
            className={styles.cells}
            data-pick={onPick ? true : undefined}
            style={{ width, height }}
            width={columns}
            height={rows}
            role="img"
            tabIndex={0}
            aria-label={`${title}: ${rows} by ${columns}. ${does}`}
            onPointerMove={event => setAt(pointed(event))}
            onPointerLeave={() => setAt(null)}
            onClick={event => {
              const cell = pointed(event)
              if (cell) onPick?.(cell)
            }}
            onKeyDown={onKeyDown}
            onBlur={() => setAt(null)}
          />
          {[picked, at].map(
            (mark, i) =>
              mark && (
                <span
                  key={i === 0 ? 'picked' : 'at'}
                  className={styles.mark}
                  data-picked={i === 0 || undefined}
                  style={{
                    left: mark[1] * cell,
                    top: mark[0] * cell,
                    width: Math.max(4, cell),
                    height: Math.max(4, cell),
                  }}
                />
              ),
          )}
        </div>
        <ColourBar scale={scale} colours={colours} length={Math.max(height, SHORTEST_BAR)} gaps={gaps} />
      </div>
      <p className={styles.reading} aria-live="polite">
        {shown ? (
          <>
            <strong>{short(values[shown[0] * columns + shown[1]]!)}</strong>
            {rowName && ` at ${rowName} ${place(shown[0], block[0])},`} {rowName ? '' : 'at '}
            {columnName} {place(shown[1], block[1])}
          </>
        ) : (
          does
        )}
      </p>
    </div>
  )
}

/** The indices that a cell is the mean of. */
const place = (index: number, block: number): string =>
  block === 1 ? String(index) : `${index * block}–${(index + 1) * block - 1} (mean)`
