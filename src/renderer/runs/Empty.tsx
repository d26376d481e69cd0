import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './RunPanel.module.css'

interface Props {
  readonly icon: LucideIcon
  readonly title: string
  readonly children?: ReactNode
}

/** Nothing yet, and what to do so that there is something. */
export function Empty({ icon: Icon, title, children }: Props) {
  return (
    <div className={styles.empty}>
      <Icon size={26} strokeWidth={1.5} aria-hidden="true" />
      <p className={styles.emptyTitle}>{title}</p>
      {children && <p className={styles.emptyHint}>{children}</p>}
    </div>
  )
}

/** A key as it stands on the keyboard. */
export const Key = ({ children }: { readonly children: string }) => (
  <kbd className={styles.key}>{children}</kbd>
)
