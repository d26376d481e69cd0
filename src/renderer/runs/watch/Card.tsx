import type { ReactNode } from 'react'
import styles from './Watch.module.css'

interface Props {
  readonly title: string
  /** What the title leaves open: what is compared, seen from where. */
  readonly about?: ReactNode
  readonly children: ReactNode
}

/** One view of what is watched. */
export function Card({ title, about, children }: Props) {
  return (
    <section className={styles.card} aria-label={title}>
      <h3>
        {title}
        {about !== undefined && <span className={styles.about}> {about}</span>}
      </h3>
      {children}
    </section>
  )
}
