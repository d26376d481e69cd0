import type { ReactNode } from 'react'
import { classes } from '../ui/classes.ts'
import styles from './Notices.module.css'

export interface NoticeProps {
  readonly kind?: 'info' | 'warn' | 'bad'
  readonly icon: ReactNode
  readonly title: ReactNode
  /** After the title, in the same line. */
  readonly more?: ReactNode
  readonly actions?: ReactNode
  /** Below. */
  readonly children?: ReactNode
}

/** A line under the bar on something that holds until it is dealt with. */
export function Notice({ kind = 'info', icon, title, more, actions, children }: NoticeProps) {
  return (
    <div
      className={classes(styles.notice, kind !== 'info' && styles[kind])}
      role={kind === 'bad' ? 'alert' : 'status'}
    >
      <span className={styles.icon}>{icon}</span>
      <div className={styles.text}>
        <strong>{title}</strong> {more && <span className={styles.more}>{more}</span>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
      {children}
    </div>
  )
}
