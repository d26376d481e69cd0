import type { Shape } from './vocabulary.ts'

/**
 * Signed distance from a point to a shape that fills the square [-1, 1]²: negative inside, exact or close to it
 * near the edge. y goes down. Source: I. Quilez, "2D distance functions".
 */
export type Distance = (x: number, y: number) => number

const { abs, max, min, sqrt } = Math

const length = (x: number, y: number): number => sqrt(x * x + y * y)

/** Corners on circles of the given radii by turns, the first at the top: regular polygons and stars. */
function pointed(corners: number, ...radii: readonly number[]): Distance {
  return outline(
    Array.from({ length: corners }, (_, i) => {
      const [r, a] = [radii[i % radii.length]!, (i * 2 * Math.PI) / corners]
      return [r * Math.sin(a), -r * Math.cos(a)] as const
    }),
  )
}

function box(halfWidth: number, halfHeight: number): Distance {
  return (x, y) => {
    const [dx, dy] = [abs(x) - halfWidth, abs(y) - halfHeight]
    return length(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0)
  }
}

/** Any simple polygon, by its corners in order. */
function outline(corners: readonly (readonly [number, number])[]): Distance {
  const n = corners.length
  const flat = corners.flat()
  return (x, y) => {
    let square = Infinity
    let inside = false
    for (let i = 0, j = n - 1; i < n; j = i++) {
      const [ix, iy, jx, jy] = [flat[2 * i]!, flat[2 * i + 1]!, flat[2 * j]!, flat[2 * j + 1]!]
      const [ex, ey, wx, wy] = [jx - ix, jy - iy, x - ix, y - iy]
      const t = min(1, max(0, (wx * ex + wy * ey) / (ex * ex + ey * ey)))
      const [bx, by] = [wx - ex * t, wy - ey * t]
      square = min(square, bx * bx + by * by)
      if (iy > y !== jy > y && x < ((jx - ix) * (y - iy)) / (jy - iy) + ix) inside = !inside
    }
    return inside ? -sqrt(square) : sqrt(square)
  }
}

/** Two lobes over a point. */
const heart: Distance = (px, py) => {
  // Its own square is [-0.62, 0.62] × [0, 1.1] with y up.
  const scale = 0.6
  const x = abs(px) * scale
  const y = 0.55 - py * scale
  if (y + x > 1) return (length(x - 0.25, y - 0.75) - sqrt(2) / 4) / scale
  const m = 0.5 * max(x + y, 0)
  const inside = x < y ? -1 : 1
  return (inside * sqrt(min(x * x + (y - 1) ** 2, (x - m) ** 2 + (y - m) ** 2))) / scale
}

const cross: Distance = (px, py) => {
  const [x, y] = abs(px) > abs(py) ? [abs(px), abs(py)] : [abs(py), abs(px)]
  const arm = 0.36
  const [qx, qy] = [x - 1, y - arm]
  const k = max(qy, qx)
  if (k <= 0) {
    // Inside: the nearest edge is the arm's side, its end, or the inner corner.
    return -min(-qx, x < arm ? length(arm - x, arm - y) : -qy)
  }
  return length(max(qx, 0), max(qy, 0))
}

export const DISTANCES: Readonly<Record<Shape, Distance>> = {
  circle: (x, y) => length(x, y) - 1,
  square: box(0.88, 0.88),
  triangle: outline([
    [0, -0.95],
    [1, 0.85],
    [-1, 0.85],
  ]),
  diamond: outline([
    [0, -1],
    [0.78, 0],
    [0, 1],
    [-0.78, 0],
  ]),
  pentagon: pointed(5, 1),
  hexagon: pointed(6, 1),
  star: pointed(10, 1, 0.45),
  heart,
  cross,
  ring: (x, y) => abs(length(x, y) - 0.72) - 0.28,
}

const EXTENTS = new Map<Shape, { readonly right: number; readonly bottom: number }>()

/** How far a shape reaches to the right and down in its own square, to half a hundredth. */
export function extentOf(shape: Shape): { readonly right: number; readonly bottom: number } {
  const known = EXTENTS.get(shape)
  if (known) return known
  const steps = Array.from({ length: 401 }, (_, i) => (i - 200) / 200)
  const reaches = (inside: (v: number) => boolean): number => Math.max(...steps.filter(inside))
  const distance = DISTANCES[shape]
  const extent = {
    right: reaches(x => steps.some(y => distance(x, y) <= 0)),
    bottom: reaches(y => steps.some(x => distance(x, y) <= 0)),
  }
  EXTENTS.set(shape, extent)
  return extent
}

/** Shapes whose middle is empty: a point of theirs that is not, in their own square. */
export const ANCHORS: Readonly<Partial<Record<Shape, readonly [number, number]>>> = { ring: [0, -0.72] }
