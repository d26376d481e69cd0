import type { KeyboardEvent, PointerEvent } from 'react'
import { classes } from './classes.ts'
import styles from './Splitter.module.css'

const STEP = 16

export interface SplitterProps {
  readonly label: string
  /** `vertical`: a line between left and right. */
  readonly direction: 'vertical' | 'horizontal'
  /** Size of the panel that it resizes, and its limits. */
  readonly size: number
  readonly min: number
  readonly max: number
  /** True where the panel is right of the line or below it. */
  readonly after?: boolean
  readonly onResize: (size: number) => void
  /** Double click. */
  readonly onReset?: () => void
}

/** A line between two panels that can be dragged, or moved with the arrows. */
export function Splitter({ label, direction, size, min, max, after, onResize, onReset }: SplitterProps) {
  const vertical = direction === 'vertical'
  const sign = after ? -1 : 1
  const set = (next: number) => onResize(Math.round(Math.min(max, Math.max(min, next))))
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const from = vertical ? event.clientX : event.clientY
    const target = event.currentTarget
    target.setPointerCapture(event.pointerId)
    const move = (e: globalThis.PointerEvent) =>
      set(size + sign * ((vertical ? e.clientX : e.clientY) - from))
    target.addEventListener('pointermove', move)
    target.addEventListener('lostpointercapture', () => target.removeEventListener('pointermove', move), {
      once: true,
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = vertical ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown']
    if (event.key !== less && event.key !== more) return
    event.preventDefault()
    event.stopPropagation()
    set(size + sign * (event.key === more ? STEP : -STEP))
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule between texts can't be focused and moved
    <div
      role="separator"
      aria-label={label}
      aria-orientation={direction}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      className={classes(styles.splitter, vertical ? styles.vertical : styles.horizontal)}
      onPointerDown={onPointerDown}
      onDoubleClick={onReset}
      onKeyDown={onKeyDown}
    />
  )
}
