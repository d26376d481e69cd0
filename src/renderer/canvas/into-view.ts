import type { Rect } from '@xyflow/react'
import { canvasNow } from './ui-store.ts'

/** Milliseconds of a movement of the view; none for those who asked their system for less motion. */
export const pace = (ms: number): number => (matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms)

/** What is in sight, in the graph's own measure. */
export function viewNow(): Rect | null {
  const canvas = canvasNow()
  if (!canvas) return null
  const { x, y, zoom } = canvas.flow.getViewport()
  const { clientWidth, clientHeight } = canvas.frame
  return { x: -x / zoom, y: -y / zoom, width: clientWidth / zoom, height: clientHeight / zoom }
}

const overlap = (a: number, length: number, b: number, other: number): number =>
  Math.max(0, Math.min(a + length, b + other) - Math.max(a, b))

/** Does something once what was just changed is drawn: cards are there with the next frame. */
export const onceDrawn = (act: () => void): void => {
  requestAnimationFrame(() => requestAnimationFrame(act))
}

/** Moves the view where less than half of these nodes is in sight, once they are drawn. */
export function bringIntoView(ids: readonly string[]): void {
  onceDrawn(() => {
    const canvas = canvasNow()
    const view = viewNow()
    const nodes = ids.filter(id => canvas?.flow.getNode(id))
    if (!canvas || !view || nodes.length === 0) return
    const { x, y, width, height } = canvas.flow.getNodesBounds(nodes)
    const seen = overlap(x, width, view.x, view.width) * overlap(y, height, view.y, view.height)
    if (seen >= (width * height) / 2) return
    const zoom = canvas.flow.getZoom()
    if (width <= view.width && height <= view.height)
      void canvas.flow.setCenter(x + width / 2, y + height / 2, { zoom, duration: pace(220) })
    else void canvas.flow.fitBounds({ x, y, width, height }, { padding: 0.06, duration: pace(220) })
  })
}
