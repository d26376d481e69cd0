import { cloneElement, type ReactElement, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { place } from './place.ts'
import styles from './Tooltip.module.css'

const WAIT_MS = 350

export interface TooltipProps {
  readonly text: string
  readonly shortcut?: string
  readonly side?: 'below' | 'above'
  readonly children: ReactElement<{ 'aria-describedby'?: string }>
}

/** Says more about what is pointed at or focused. It lives in the top layer, so that nothing clips it. */
export function Tooltip({ text, shortcut, side = 'below', children }: TooltipProps) {
  const id = useId()
  const anchor = useRef<HTMLSpanElement>(null)
  const tip = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const show = (wait: number) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setOpen(true), wait)
  }
  const hide = () => {
    clearTimeout(timer.current)
    setOpen(false)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  useLayoutEffect(() => {
    if (!open || !tip.current || !anchor.current) return
    tip.current.showPopover()
    place(tip.current, anchor.current.firstElementChild ?? anchor.current, { side, align: 'centre' })
  }, [open, side])

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to what happens to the child
    <span
      ref={anchor}
      className={styles.anchor}
      onPointerEnter={event => event.pointerType !== 'touch' && show(WAIT_MS)}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={event => event.target.matches(':focus-visible') && show(0)}
      onBlur={hide}
      onKeyDown={event => event.key === 'Escape' && hide()}
    >
      {cloneElement(children, { 'aria-describedby': open ? id : undefined })}
      {open && (text || shortcut) && (
        <div ref={tip} id={id} role="tooltip" popover="manual" className={styles.tip}>
          {text}
          {shortcut && <kbd>{shortcut}</kbd>}
        </div>
      )}
    </span>
  )
}
