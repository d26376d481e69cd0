import type { Point, Size } from './layout.ts'

export type Edge = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom'

export interface Box {
  readonly id: string
  readonly at: Point
  readonly size: Size
}

type Places = Readonly<Record<string, Point>>

const end = (b: Box, axis: 0 | 1): number => b.at[axis] + (axis === 0 ? b.size.width : b.size.height)
const extent = (b: Box, axis: 0 | 1): number => (axis === 0 ? b.size.width : b.size.height)

/** Brings boxes to one line: an edge that all have, or the line through the middle of all. */
export function align(boxes: readonly Box[], edge: Edge): Places {
  const axis = edge === 'left' || edge === 'centre' || edge === 'right' ? 0 : 1
  const low = Math.min(...boxes.map(b => b.at[axis]))
  const high = Math.max(...boxes.map(b => end(b, axis)))
  const to = (b: Box): number => {
    if (edge === 'left' || edge === 'top') return low
    if (edge === 'right' || edge === 'bottom') return high - extent(b, axis)
    return Math.round((low + high - extent(b, axis)) / 2)
  }
  return Object.fromEntries(boxes.map(b => [b.id, axis === 0 ? [to(b), b.at[1]] : [b.at[0], to(b)]]))
}

/** Gives the boxes between the outermost two equal gaps; they keep their order. */
export function distribute(boxes: readonly Box[], axis: 0 | 1): Places {
  const sorted = [...boxes].sort((a, b) => a.at[axis] - b.at[axis])
  if (sorted.length < 3) return {}
  const [first, last] = [sorted[0]!, sorted.at(-1)!]
  const inner = sorted.slice(1, -1).reduce((sum, b) => sum + extent(b, axis), 0)
  const gap = (last.at[axis] - end(first, axis) - inner) / (sorted.length - 1)
  let at = end(first, axis) + gap
  return Object.fromEntries(
    sorted.slice(1, -1).map(b => {
      const here = Math.round(at)
      at += extent(b, axis) + gap
      return [b.id, axis === 0 ? [here, b.at[1]] : [b.at[0], here]] as const
    }),
  )
}

/** Moves places so that the corner of what they frame is where it was. */
export function inPlace(placed: ReadonlyMap<string, Point>, before: readonly Box[]): Places {
  const corner = (points: readonly Point[]): Point => [
    Math.min(...points.map(p => p[0])),
    Math.min(...points.map(p => p[1])),
  ]
  const [x, y] = corner(before.map(b => b.at))
  const [left, top] = corner([...placed.values()])
  return Object.fromEntries([...placed].map(([id, at]) => [id, [at[0] - left + x, at[1] - top + y]]))
}
