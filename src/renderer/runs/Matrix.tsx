import { memo, type RefObject, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { ReportMatrix } from '../../graph/host.ts'
import { percent, short } from '../ui/format.ts'
import styles from './Matrix.module.css'
import { MatrixCanvas, scaled } from './MatrixCanvas.tsx'
import { matrixLayout, SLANT } from './matrix-layout.ts'
import { hasClasses } from './report-model.ts'

/** With more rows or columns than this, cells are only colours, and pointing says what they are. */
const LABELLED = 40

interface Cell {
  readonly row: number
  readonly column: number
}

/** A matrix with its labels: counts coloured by their share of the row. */
export const Matrix = memo(function Matrix({ matrix }: { readonly matrix: ReportMatrix }) {
  const [at, setAt] = useState<Cell | null>(null)
  const small = matrix.rowLabels.length <= LABELLED && matrix.columnLabels.length <= LABELLED
  const host = useRef<HTMLDivElement>(null)
  const room = useRoom(host)
  return (
    <div ref={host}>
      {small ? (
        <Labelled matrix={matrix} room={room} at={at} onHover={setAt} />
      ) : (
        <div className={styles.large}>
          <MatrixCanvas matrix={matrix} onHover={setAt} />
        </div>
      )}
      <p className={styles.tip} aria-live="polite">
        {at ? <Said matrix={matrix} at={at} /> : meaningOf(matrix)}
      </p>
    </div>
  )
})

const meaningOf = ({ axes }: ReportMatrix): string =>
  axes ? `Rows: ${axes.rows}. Columns: ${axes.columns}.` : 'Rows: what is true. Columns: what was predicted.'

function Said({ matrix, at }: { readonly matrix: ReportMatrix; readonly at: Cell }) {
  const row = matrix.values[at.row] ?? []
  const value = row[at.column] ?? 0
  const sum = row.reduce((a, b) => a + b, 0)
  const [truth, predicted] = [matrix.rowLabels[at.row], matrix.columnLabels[at.column]]
  if (!hasClasses(matrix))
    return (
      <>
        <strong>{short(value)}</strong> for {truth} and {predicted}
      </>
    )
  return (
    <>
      <strong>{value}</strong> of {sum} {truth} ({percent(sum ? value / sum : 0)}) taken for{' '}
      <strong>{at.row === at.column ? 'what they are' : predicted}</strong>
    </>
  )
}

interface Room {
  readonly width: number
  readonly height: number
}

/** What stands above and below the cells of a matrix in the panel: buttons, its title, what it says of a cell. */
const AROUND = 116

/** How large something may be to be seen whole: the width that it has, the height of the panel that it scrolls in. */
function useRoom(host: RefObject<HTMLElement | null>): Room | undefined {
  const [room, setRoom] = useState<Room>()
  useLayoutEffect(() => {
    const own = host.current!
    const page = own.closest('[role="tabpanel"]')
    if (!page) return
    const measure = () => {
      const [width, height] = [own.clientWidth, page.clientHeight - AROUND]
      setRoom(room => (room?.width === width && room.height === height ? room : { width, height }))
    }
    const resized = new ResizeObserver(measure)
    resized.observe(own)
    resized.observe(page)
    measure()
    return () => resized.disconnect()
  }, [host])
  return room
}

interface LabelledProps {
  readonly matrix: ReportMatrix
  readonly room: Room | undefined
  readonly at: Cell | null
  readonly onHover: (cell: Cell | null) => void
}

function Labelled({ matrix, room, at, onHover }: LabelledProps) {
  const { rowLabels, columnLabels, values } = matrix
  const shares = useMemo(() => scaled(matrix), [matrix])
  const texts = useMemo(() => values.map(row => row.map(v => (v === 0 ? '' : short(v)))), [values])
  const { cell, left, top, width, height } = useMemo(
    () =>
      matrixLayout({
        rows: rowLabels.length,
        columns: columnLabels.length,
        rowLabel: Math.max(widest(rowLabels, true), widest([AXES], false)),
        columnLabel: widest(columnLabels, true),
        number: widest(texts.flat(), false),
        room,
      }),
    [rowLabels, columnLabels, texts, room],
  )
  const isSquare = !matrix.axes && rowLabels.join('\n') === columnLabels.join('\n')
  return (
    <svg
      className={styles.matrix}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${matrix.title}, ${rowLabels.length} by ${columnLabels.length}`}
      onPointerLeave={() => onHover(null)}
    >
      {hasClasses(matrix) && (
        <text className={styles.axis} x={left - 8} y={top - 8} textAnchor="end">
          {AXES}
        </text>
      )}
      {rowLabels.map((label, r) => (
        <text
          key={label}
          className={styles.label}
          data-on={at?.row === r || undefined}
          x={left - 8}
          y={top + (r + 0.5) * cell}
          textAnchor="end"
        >
          {label}
        </text>
      ))}
      {columnLabels.map((label, c) => {
        const x = left + (c + 0.5) * cell
        return (
          <text
            key={label}
            className={styles.label}
            data-on={at?.column === c || undefined}
            x={x}
            y={top - 8}
            transform={`rotate(${-SLANT} ${x} ${top - 8})`}
          >
            {label}
          </text>
        )
      })}
      {shares.map((row, r) =>
        row.map((share, c) => (
          <g
            key={`${rowLabels[r]}/${columnLabels[c]}`}
            className={styles.square}
            data-dim={(at && at.row !== r && at.column !== c) || undefined}
            onPointerEnter={() => onHover({ row: r, column: c })}
          >
            <rect
              className={styles.cell}
              x={left + c * cell}
              y={top + r * cell}
              width={cell - 1}
              height={cell - 1}
              style={{ fill: mix(share) }}
            />
            <text
              className={styles.count}
              data-strong={share > 0.55 || undefined}
              x={left + (c + 0.5) * cell - 0.5}
              y={top + (r + 0.5) * cell}
            >
              {texts[r]![c]}
            </text>
          </g>
        )),
      )}
      {isSquare &&
        rowLabels.map((label, i) => (
          <rect
            key={label}
            className={styles.diagonal}
            x={left + i * cell - 0.5}
            y={top + i * cell - 0.5}
            width={cell}
            height={cell}
          />
        ))}
      {at && (
        <rect
          className={styles.band}
          x={left + at.column * cell - 0.5}
          y={top + at.row * cell - 0.5}
          width={cell}
          height={cell}
        />
      )}
    </svg>
  )
}

/** What rows and columns are, in the corner that both leave free. */
const AXES = 'true ↓  predicted →'

/** From the panel's colour to the accent. */
const mix = (share: number): string =>
  `color-mix(in srgb, var(--accent) ${Math.round(share ** 0.7 * 100)}%, var(--panel-2))`

let ruler: CanvasRenderingContext2D | null | undefined

/** The width of the longest text, in the font of the labels; bold, as they are when pointed at. */
function widest(texts: readonly string[], bold: boolean): number {
  ruler ??= document.createElement('canvas').getContext('2d')
  if (!ruler) return Math.max(0, ...texts.map(t => t.length * 7))
  ruler.font = `${bold ? 650 : 400} 12px "Inter Variable", system-ui, sans-serif`
  let most = 0
  for (const text of texts) most = Math.max(most, ruler.measureText(text).width)
  return most
}
