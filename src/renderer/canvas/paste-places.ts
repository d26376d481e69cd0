import type { Rect } from '@xyflow/react'
import { checkGraph } from '../../graph/check.ts'
import { registry } from '../../nodes/index.ts'
import { EMPTY } from '../state/empty.ts'
import type { Point } from './layout.ts'
import { CARD_WIDTH, createCanvasModel } from './model.ts'
import type { Copied } from './read-text.ts'

/** So far the next copy stands from the last one. */
const STEP = 32
/** About the height of a card. */
const HEIGHT = 140
/** Places nearer than this to each other hide a card behind another. */
const NEAR = 8

/** Where the copied nodes stand; those of a graph that names no places, such as one from a chat, are laid out. */
export function placesOf({ nodes, defs, view }: Copied): Readonly<Record<string, Point>> {
  if (Object.keys(nodes).every(id => Object.hasOwn(view, id))) return view
  const document = { ...EMPTY, nodes, defs, view }
  const input = { document, checked: checkGraph(document, registry), faults: new Map(), registry, marks: {} }
  const cards = createCanvasModel()(input, { nodes: [], wire: null }).nodes
  return Object.fromEntries(cards.map(({ id, position }) => [id, [position.x, position.y]]))
}

/**
 * How far copies stand from the places that they were copied with: so far that they begin `at` a place, else a step
 * beside the originals where that is in view, else in the middle of the view; further where a card would be hidden.
 */
export function shiftOf(
  places: readonly Point[],
  at: Point | undefined,
  view: Rect | null,
  taken: readonly Point[],
): Point {
  const left = Math.min(...places.map(p => p[0]))
  const top = Math.min(...places.map(p => p[1]))
  if (at) return [at[0] - left, at[1] - top]
  const width = Math.max(...places.map(p => p[0])) + CARD_WIDTH - left
  const height = Math.max(...places.map(p => p[1])) + HEIGHT - top
  const isSeen =
    !view ||
    (left < view.x + view.width &&
      view.x < left + width &&
      top < view.y + view.height &&
      view.y < top + height)
  const [x, y]: Point = isSeen
    ? [STEP, STEP]
    : [view.x + (view.width - width) / 2 - left, view.y + (view.height - height) / 2 - top]
  const hides = (by: number): boolean =>
    places.some(p =>
      taken.some(
        other => Math.abs(p[0] + x + by - other[0]) < NEAR && Math.abs(p[1] + y + by - other[1]) < NEAR,
      ),
    )
  let further = 0
  while (hides(further)) further += STEP
  return [x + further, y + further]
}
