/** Where everything of a labelled matrix stands, in pixels. */
export interface MatrixLayout {
  readonly cell: number
  /** Room of the row labels at the left, and of the slanted column labels above. */
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The widest texts, and the room that there is for all of it. */
export interface MatrixNeeds {
  readonly rows: number
  readonly columns: number
  readonly rowLabel: number
  readonly columnLabel: number
  readonly number: number
  readonly room?: { readonly width: number; readonly height: number }
}

/** Labels of columns are turned by this much, in degrees. */
export const SLANT = 50
const LETTER_HEIGHT = 13
const GAP = 8
const SMALLEST = 22
/** Larger cells say no more. */
const LARGEST = 44

/**
 * Cells as large as there is room for, at least as large as the numbers in them need, and as much space for labels as
 * the longest takes: none is ever cut.
 */
export function matrixLayout(needs: MatrixNeeds): MatrixLayout {
  const { rows, columns, rowLabel, columnLabel, number, room } = needs
  const angle = (SLANT * Math.PI) / 180
  const along = Math.cos(angle) * columnLabel + LETTER_HEIGHT
  const left = Math.ceil(rowLabel) + GAP
  const top = Math.ceil(Math.sin(angle) * columnLabel + LETTER_HEIGHT) + GAP
  const least = Math.max(SMALLEST, Math.ceil(number) + 8)
  // The last column's label leans out over the right edge by less than `along`.
  const fits = room
    ? Math.floor(Math.min((room.width - left - along) / (columns - 0.5), (room.height - top - 2) / rows))
    : 0
  const cell = Math.max(least, Math.min(LARGEST, fits))
  return {
    cell,
    left,
    top,
    width: left + columns * cell + Math.ceil(Math.max(0, along - cell / 2)),
    height: top + rows * cell + 2,
  }
}
