import type { Point } from './layout.ts'

export interface Curve {
  readonly path: string
  /** The middle, where the label stands. */
  readonly middle: readonly [number, number]
}

/** How far the wire runs straight out of a port before it turns. */
function reach(dx: number, dy: number): number {
  if (dx >= 0) return Math.min(Math.max(28, dx * 0.5), 260)
  // Backwards: a loop, wider the further it has to go.
  return Math.min(60 + Math.abs(dx) * 0.35 + Math.abs(dy) * 0.1, 320)
}

/** From an output, the last of its card, to the middle of the gap below that card. */
const TO_GAP = 44
/** A reader that stands this much lower stands below. */
const BELOW = 90
/** How wide the turns are; three quarters of it are seen. */
const TURN = 44

/** Back to a card below: through the gap between the two, where it is seen. */
function around(fromX: number, fromY: number, toX: number, toY: number): Curve {
  const y = fromY + TO_GAP
  const [right, left] = [fromX + TURN, toX - TURN]
  return {
    path: `M${fromX},${fromY} C${right},${fromY} ${right},${y} ${fromX},${y} L${toX},${y} C${left},${y} ${left},${toY} ${toX},${toY}`,
    middle: [(fromX + toX) / 2, y],
  }
}

const goesAround = (fromX: number, fromY: number, toX: number, toY: number): boolean =>
  toX < fromX && toY - fromY > BELOW

/** A smooth curve from an output (to the right) to an input (from the left). */
export function wirePath(fromX: number, fromY: number, toX: number, toY: number): Curve {
  if (goesAround(fromX, fromY, toX, toY)) return around(fromX, fromY, toX, toY)
  const c = reach(toX - fromX, toY - fromY)
  const [x1, x2] = [fromX + c, toX - c]
  return {
    path: `M${fromX},${fromY} C${x1},${fromY} ${x2},${toY} ${toX},${toY}`,
    middle: [(fromX + 3 * x1 + 3 * x2 + toX) / 8, (fromY + toY) / 2],
  }
}

const bezier = (t: number, a: number, b: number, c: number, d: number): number =>
  (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d

/** The point so far along such a curve, 0–1; of one that goes around a card, between its turns. */
export function wirePoint(t: number, fromX: number, fromY: number, toX: number, toY: number): Point {
  if (goesAround(fromX, fromY, toX, toY)) return [fromX + (toX - fromX) * t, fromY + TO_GAP]
  const c = reach(toX - fromX, toY - fromY)
  return [bezier(t, fromX, fromX + c, toX - c, toX), bezier(t, fromY, fromY, toY, toY)]
}

/** Wires of a list end one below the other. */
export const LIST_STEP = 14
export const listShift = (order: number | null, of: number): number =>
  order === null ? 0 : (order - (of + 1) / 2) * LIST_STEP
