import type { ReactNode } from 'react'
import styles from './Chip.module.css'
import { classes } from './classes.ts'

export interface ChipProps {
  readonly kind?: 'plain' | 'good' | 'warn' | 'bad' | 'accent'
  /** A dot before the text; `pulse`: something is under way. */
  readonly dot?: boolean | 'pulse'
  readonly icon?: ReactNode
  readonly children: ReactNode
}

/** A word on the state of something. */
export function Chip({ kind = 'plain', dot, icon, children }: ChipProps) {
  return (
    <span className={classes(styles.chip, kind !== 'plain' && styles[kind])}>
      {dot && <span className={classes(styles.dot, dot === 'pulse' && styles.pulse)} />}
      {icon}
      {children}
    </span>
  )
}
