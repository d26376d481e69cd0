import { useLayoutEffect, useRef } from 'react'
import type { ReportMatrix } from '../../graph/host.ts'
import { useSession } from '../state/index.ts'
import styles from './Matrix.module.css'
import { hasClasses, rowShares } from './report-model.ts'

interface Props {
  readonly matrix: ReportMatrix
  /** The cell under the pointer. */
  readonly onHover?: (cell: { readonly row: number; readonly column: number } | null) => void
}

/** The cells of a matrix without labels, one pixel each, scaled up: cheap for any size. */
export function MatrixCanvas({ matrix, onHover }: Props) {
  const host = useRef<HTMLCanvasElement>(null)
  const theme = useSession(state => state.theme)
  const rows = matrix.values.length
  const columns = matrix.columnLabels.length
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours that are read
  useLayoutEffect(() => {
    const canvas = host.current!
    const context = canvas.getContext('2d')
    if (!context) return
    const style = getComputedStyle(canvas)
    const base = channels(style.getPropertyValue('--panel-2'))
    const full = channels(style.getPropertyValue('--accent'))
    const shares = scaled(matrix)
    const image = context.createImageData(columns, rows)
    shares.forEach((row, r) => {
      row.forEach((share, c) => {
        const t = share ** 0.7
        for (let k = 0; k < 3; k++)
          image.data[(r * columns + c) * 4 + k] = base[k]! + (full[k]! - base[k]!) * t
        image.data[(r * columns + c) * 4 + 3] = 255
      })
    })
    context.putImageData(image, 0, 0)
  }, [matrix, theme, rows, columns])
  return (
    <canvas
      ref={host}
      className={styles.canvas}
      width={columns}
      height={rows}
      role="img"
      aria-label={`${matrix.title}: ${rows} by ${columns}`}
      onPointerMove={e => {
        const box = e.currentTarget.getBoundingClientRect()
        const row = Math.floor(((e.clientY - box.top) / box.height) * rows)
        const column = Math.floor(((e.clientX - box.left) / box.width) * columns)
        onHover?.(row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null)
      }}
      onPointerLeave={() => onHover?.(null)}
    />
  )
}

/** 0–1: shares of each row for counts, else between the least and the greatest value. */
export function scaled(matrix: ReportMatrix): number[][] {
  if (hasClasses(matrix)) return rowShares(matrix)
  const all = matrix.values.flat().filter(Number.isFinite)
  const [min, max] = [Math.min(...all), Math.max(...all)]
  return matrix.values.map(row =>
    row.map(v => (max > min && Number.isFinite(v) ? (v - min) / (max - min) : 0)),
  )
}

/** `#4f46e5` as numbers. */
const channels = (hex: string): number[] => {
  const n = Number.parseInt(hex.trim().slice(1, 7), 16)
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255]
}
