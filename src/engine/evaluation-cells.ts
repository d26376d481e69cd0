/** Some cells of a matrix that fit one tile: which rows and columns to put there, and where each cell then lies. */
export interface CellTile {
  readonly rows: readonly number[]
  readonly columns: readonly number[]
  readonly cells: readonly { readonly cell: number; readonly row: number; readonly column: number }[]
}

/**
 * Cells of a matrix in tiles of at most `size` rows and columns, in their order: a tile ends where the next cell's
 * row or column has no room in it.
 */
export function tilesOf(
  cells: readonly (readonly [row: number, column: number])[],
  size: number,
): CellTile[] {
  const tiles: CellTile[] = []
  let rows = new Map<number, number>()
  let columns = new Map<number, number>()
  let placed: CellTile['cells'][number][] = []
  const close = () => {
    if (placed.length) tiles.push({ rows: [...rows.keys()], columns: [...columns.keys()], cells: placed })
    rows = new Map()
    columns = new Map()
    placed = []
  }
  const isFull = (places: ReadonlyMap<number, number>, at: number) => places.size === size && !places.has(at)
  const placeOf = (places: Map<number, number>, at: number) => {
    const place = places.get(at) ?? places.size
    places.set(at, place)
    return place
  }
  for (const [cell, [row, column]] of cells.entries()) {
    if (isFull(rows, row) || isFull(columns, column)) close()
    placed.push({ cell, row: placeOf(rows, row), column: placeOf(columns, column) })
  }
  close()
  return tiles
}
