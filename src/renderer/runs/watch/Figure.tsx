import type { ReactNode } from 'react'
import styles from './Watch.module.css'

/** A picture or a text under a line that says what it is. */
export function Figure({ caption, children }: { readonly caption: ReactNode; readonly children: ReactNode }) {
  return (
    <figure className={styles.figure}>
      <figcaption>{caption}</figcaption>
      {children}
    </figure>
  )
}
