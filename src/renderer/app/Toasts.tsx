import { CircleAlert, CircleCheck, Info, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useSession } from '../state/index.ts'
import type { Toast } from '../state/types.ts'
import { IconButton } from '../ui/Button.tsx'
import { classes } from '../ui/classes.ts'
import styles from './Toasts.module.css'

const ICONS = { info: Info, good: CircleCheck, bad: CircleAlert }
/** Bad news stays longer. */
const STAYS_MS = { info: 5_000, good: 4_000, bad: 12_000 }

/** Short notices at the bottom, above everything. */
export function Toasts() {
  const toasts = useSession(s => s.toasts)
  const box = useRef<HTMLDivElement>(null)
  const newest = toasts.at(-1)?.id
  // Shown anew for each, so that it lies above a dialog that was opened since.
  useEffect(() => {
    const element = box.current
    if (newest === undefined || !element) return
    element.showPopover()
    return () => {
      if (element.isConnected) element.hidePopover()
    }
  }, [newest])
  return (
    <div ref={box} popover="manual" className={styles.toasts} role="log" aria-label="Notices">
      {toasts.map(toast => (
        <One key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function One({ toast }: { readonly toast: Toast }) {
  const dismiss = useSession(s => s.dismiss)
  const { id, kind, message, hint } = toast
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), STAYS_MS[kind])
    return () => clearTimeout(timer)
  }, [id, kind, dismiss])
  const Icon = ICONS[kind]
  return (
    <div className={classes(styles.toast, styles[kind])} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon size={16} className={styles.icon} />
      <div className={styles.text}>
        <div>{message}</div>
        {hint && <div className={styles.hint}>{hint}</div>}
      </div>
      <IconButton
        label="Dismiss"
        small
        className={styles.close}
        icon={<X size={14} />}
        onClick={() => dismiss(id)}
      />
    </div>
  )
}
