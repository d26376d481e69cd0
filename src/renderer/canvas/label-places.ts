import type { Point, Size } from './layout.ts'

/** A label in one of its forms: in full, or with less in it. */
export type LabelForm = 'full' | 'brief' | 'shape'

export interface LabelSize extends Size {
  readonly form: LabelForm
}

export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A wire that wants a label. */
export interface LabelWish {
  readonly id: string
  /** Wires that say the same: those of one output. */
  readonly group: string
  /** Those of a lower rank choose first. */
  readonly rank: number
  /** Where its middle may be, the best first. */
  readonly points: readonly Point[]
  /** Where none of these is free, a label in one of these forms above or below, with a line to the wire. */
  readonly standOff: readonly LabelSize[]
  /** From the longest to the shortest. */
  readonly forms: readonly LabelSize[]
}

export interface LabelPlace {
  readonly at: Point
  readonly form: LabelForm
  /** Where its wire is, of a label that is not on it. */
  readonly from?: Point
}

/** So many labels above or below its wire one may stand. */
const ROWS_OFF = 9
/** Between two labels. */
const AIR = 3
/** Wires of one output have a label each only where these are at least so many of their widths apart. */
const APART = 2
const CELL = 160

/** Rectangles by the cells of a grid that they touch. */
class Taken {
  private readonly cells = new Map<string, Rect[]>()

  add(rect: Rect): void {
    for (const key of cellsOf(rect)) {
      const there = this.cells.get(key)
      if (there) there.push(rect)
      else this.cells.set(key, [rect])
    }
  }

  isFree(rect: Rect): boolean {
    for (const key of cellsOf(rect)) if (this.cells.get(key)?.some(other => meet(rect, other))) return false
    return true
  }
}

function* cellsOf({ x, y, width, height }: Rect): Iterable<string> {
  for (let i = Math.floor(x / CELL); i <= Math.floor((x + width) / CELL); i++)
    for (let j = Math.floor(y / CELL); j <= Math.floor((y + height) / CELL); j++) yield `${i} ${j}`
}

const meet = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

const around = ([x, y]: Point, { width, height }: Size): Rect => ({
  x: x - width / 2 - AIR,
  y: y - height / 2 - AIR,
  width: width + 2 * AIR,
  height: height + 2 * AIR,
})

/**
 * Places the labels of wires so that none lies on another or on an obstacle: each in the longest of its forms that has
 * room somewhere along its wire. Of wires that say the same, one label will do, and more where they are far apart. Those
 * for which there is no room get none.
 */
export function placeLabels(
  wishes: readonly LabelWish[],
  obstacles: readonly Rect[],
): ReadonlyMap<string, LabelPlace> {
  const taken = new Taken()
  for (const rect of obstacles) taken.add(rect)
  const placed = new Map<string, LabelPlace>()
  const byGroup = new Map<string, Point[]>()
  // Whoever has least choice chooses first.
  const inOrder = [...wishes].sort((a, b) => a.rank - b.rank || a.points.length - b.points.length)
  const put = ({ id, group }: LabelWish, at: Point, size: LabelSize, from?: Point): boolean => {
    const rect = around(at, size)
    if (!taken.isFree(rect)) return false
    taken.add(rect)
    placed.set(id, { at, form: size.form, ...(from && { from }) })
    byGroup.set(group, [...(byGroup.get(group) ?? []), at])
    return true
  }
  const putOn = (wish: LabelWish): boolean =>
    wish.forms.some(size =>
      wish.points.some(at => isApart(at, wish.forms[0]!, byGroup.get(wish.group)) && put(wish, at, size)),
    )
  const putOff = (wish: LabelWish): boolean => {
    const [x, y] = wish.points[0]!
    return wish.standOff.some(size =>
      offsets(size.height + 2 * AIR + 1).some(dy => put(wish, [x, y + dy], size, [x, y])),
    )
  }
  for (const wish of inOrder) if (!byGroup.has(wish.group)) putOn(wish)
  for (const wish of inOrder) if (!byGroup.has(wish.group)) putOff(wish)
  for (const wish of inOrder) if (!placed.has(wish.id)) putOn(wish)
  return placed
}

const isApart = ([x, y]: Point, { width }: Size, others: readonly Point[] = []): boolean =>
  others.every(other => Math.hypot(x - other[0], y - other[1]) > APART * width)

/** Below and above by turns, the nearest first. */
const offsets = (row: number): readonly number[] =>
  Array.from({ length: ROWS_OFF }, (_, k) => [(k + 1) * row, -(k + 1) * row]).flat()
