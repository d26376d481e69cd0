import type { Point } from './layout.ts'
import { canvasNow } from './ui-store.ts'

/** Nearer than this the pointer has not been moved: a hand that presses keys shakes. */
const STILL = 12

/** Where the pointer is in the window, over an empty place of the canvas; null elsewhere. */
let over: Point | null = null
/** Where it was when something was last copied or pasted. */
let before: Point | null = null

/** Follows the pointer, for what is pasted; gives what ends it. */
export function followPointer(): () => void {
  const move = (event: PointerEvent) => {
    const onPane = event.target instanceof Element && event.target.classList.contains('react-flow__pane')
    over = onPane ? [event.clientX, event.clientY] : null
  }
  addEventListener('pointermove', move)
  return () => removeEventListener('pointermove', move)
}

/** Something was copied or pasted here. */
export const markPointer = (): void => {
  before = over
}

/** The empty place, in the graph, that a person has pointed at since; undefined where they have not. */
export function pointedAt(): Point | undefined {
  const moved = over && (!before || Math.hypot(over[0] - before[0], over[1] - before[1]) > STILL)
  const at = moved && canvasNow()?.flow.screenToFlowPosition({ x: over![0], y: over![1] })
  return at ? [at.x, at.y] : undefined
}
