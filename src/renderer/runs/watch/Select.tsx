import { ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './Watch.module.css'

interface Props {
  readonly label: string
  readonly value: string | number
  readonly onChange: (value: string) => void
  readonly children: ReactNode
}

export function Select({ label, value, onChange, children }: Props) {
  return (
    <span className={styles.choice}>
      <select
        className={styles.select}
        aria-label={label}
        value={value}
        onChange={event => onChange(event.target.value)}
      >
        {children}
      </select>
      <ChevronDown size={13} aria-hidden="true" />
    </span>
  )
}
