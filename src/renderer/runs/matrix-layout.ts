/** Where everything of a labelled matrix stands, in pixels. */
export interface MatrixLayout {
  readonly cell: number
  /** Room of the row labels at the left, and of the slanted column labels above. */
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Labels of columns are turned by this much, in degrees. */
export const SLANT = 40
const LETTER_HEIGHT = 12
const GAP = 8

/** Cells as large as the numbers in them need, and as much room for labels as the longest takes: none is ever cut. */
export function matrixLayout(
  rows: number,
  columns: number,
  rowLabel: number,
  columnLabel: number,
  numberWidth: number,
): MatrixLayout {
  const cell = Math.max(20, Math.ceil(numberWidth) + 8)
  const angle = (SLANT * Math.PI) / 180
  const up = Math.sin(angle) * columnLabel + LETTER_HEIGHT
  const along = Math.cos(angle) * columnLabel
  // The last column's label leans out over the right edge.
  const over = Math.max(0, along - cell / 2 + LETTER_HEIGHT)
  const left = Math.ceil(rowLabel) + GAP
  const top = Math.ceil(up) + GAP
  return {
    cell,
    left,
    top,
    width: left + columns * cell + Math.ceil(over),
    height: top + rows * cell + 2,
  }
}
