import { X } from 'lucide-react'
import { type CSSProperties, type ReactNode, useEffect, useId, useRef } from 'react'
import { IconButton } from './Button.tsx'
import styles from './Dialog.module.css'

export interface DialogProps {
  readonly title: string
  /** Esc, the cross, or a click beside it. */
  readonly onClose: () => void
  readonly children: ReactNode
  /** Buttons at the bottom. */
  readonly footer?: ReactNode
  readonly width?: number
}

/**
 * A modal window. The browser's own dialog keeps the focus inside and the rest of the page out of reach. What has
 * `data-first-focus` gets the focus when it opens.
 */
export function Dialog({ title, onClose, children, footer, width }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    const element = dialog.current!
    if (!element.open) element.showModal()
    // The first thing in it would be the cross.
    const first = element.querySelector<HTMLElement>('[data-first-focus]') ?? element
    first.focus()
    return () => {
      element.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      tabIndex={-1}
      className={styles.dialog}
      style={width ? ({ '--dialog-width': `${width}px` } as CSSProperties) : undefined}
      onCancel={event => {
        event.preventDefault()
        onClose()
      }}
      onClick={event => {
        if (event.target === dialog.current && outside(event, dialog.current)) onClose()
      }}
      // What is typed here is not for the shortcuts of the window.
      onKeyDown={event => event.stopPropagation()}
    >
      <header className={styles.head}>
        <h2 id={id} className={styles.title}>
          {title}
        </h2>
        <IconButton label="Close" small icon={<X size={16} />} onClick={onClose} />
      </header>
      <div className={styles.body}>{children}</div>
      {footer && <footer className={styles.foot}>{footer}</footer>}
    </dialog>
  )
}

function outside(event: { clientX: number; clientY: number }, element: Element): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect()
  const { clientX: x, clientY: y } = event
  return x < left || x > right || y < top || y > bottom
}
