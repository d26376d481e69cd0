import type { ReactNode } from 'react'
import styles from './Tabs.module.css'

export interface Tab<K extends string> {
  readonly key: K
  readonly text: ReactNode
  /** How many things it holds; not shown for 0. */
  readonly count?: number
}

export interface TabsProps<K extends string> {
  readonly label: string
  readonly tabs: readonly Tab<K>[]
  readonly value: K
  readonly onChange: (key: K) => void
  /** Prefix of the ids: the panel of tab `x` must have the id `<id>-panel-x`. */
  readonly id: string
}

/** A row of tabs; arrows move, as everywhere. */
export function Tabs<K extends string>({ label, tabs, value, onChange, id }: TabsProps<K>) {
  const go = (by: number) => {
    const at = tabs.findIndex(t => t.key === value)
    const next = tabs[(at + by + tabs.length) % tabs.length]!
    onChange(next.key)
    document.getElementById(`${id}-tab-${next.key}`)?.focus()
  }
  return (
    <div
      role="tablist"
      aria-label={label}
      className={styles.tabs}
      onKeyDown={event => {
        if (event.key === 'ArrowRight') go(1)
        else if (event.key === 'ArrowLeft') go(-1)
      }}
    >
      {tabs.map(({ key, text, count }) => (
        <button
          key={key}
          id={`${id}-tab-${key}`}
          type="button"
          role="tab"
          aria-selected={key === value}
          aria-controls={`${id}-panel-${key}`}
          tabIndex={key === value ? 0 : -1}
          className={styles.tab}
          onClick={() => onChange(key)}
        >
          {text}
          {count ? <span className={styles.count}>{count}</span> : null}
        </button>
      ))}
    </div>
  )
}
