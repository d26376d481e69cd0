import { classes } from './classes.ts'
import styles from './Progress.module.css'

export interface ProgressProps {
  readonly label: string
  /** 0 to 1; without it, how far is not known. */
  readonly value?: number
  readonly className?: string
}

export function Progress({ label, value, className }: ProgressProps) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === undefined ? undefined : Math.round(value * 100)}
      className={classes(styles.track, className)}
    >
      <div
        className={classes(styles.bar, value === undefined && styles.unknown)}
        style={value === undefined ? undefined : { transform: `scaleX(${Math.min(1, Math.max(0, value))})` }}
      />
    </div>
  )
}
