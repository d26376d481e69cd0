import type { ReactNode } from 'react'
import styles from './Watch.module.css'

/** One view of what is watched. */
export function Card({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles.card} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}
