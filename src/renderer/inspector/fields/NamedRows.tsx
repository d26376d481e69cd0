import { Plus, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import styles from './fields.module.css'

interface Props<T> {
  readonly id: string
  readonly value: Readonly<Record<string, T>>
  /** Names that can be given, where they are known. */
  readonly known: readonly string[]
  readonly placeholder: string
  /** What a name has when it is added. */
  readonly first: (name: string) => T
  readonly set: (next: Readonly<Record<string, T>>) => void
  /** The field of one name. */
  readonly row: (name: string, value: T, set: (next: T) => void) => ReactNode
}

/** Names, each with a field of its own; one a line. */
export function NamedRows<T>({ id, value, known, placeholder, first, set, row }: Props<T>) {
  const [adding, setAdding] = useState('')
  const entries = Object.entries(value)
  const free = known.filter(k => !Object.hasOwn(value, k))
  const add = () => {
    const key = adding.trim()
    if (!key || Object.hasOwn(value, key)) return
    set({ ...value, [key]: first(key) })
    setAdding('')
  }
  return (
    <div className={styles.list} id={id}>
      {entries.map(([key, held]) => (
        <div key={key} className={styles.nameRow}>
          <span className={styles.nameKey} title={key}>
            {key}
          </span>
          {row(key, held, next =>
            set(Object.fromEntries(entries.map(([k, v]) => [k, k === key ? next : v]))),
          )}
          <button
            type="button"
            className={styles.remove}
            title="Remove this name"
            aria-label={`Remove ${key}`}
            onClick={() => set(Object.fromEntries(entries.filter(([k]) => k !== key)))}
          >
            <X size={13} />
          </button>
        </div>
      ))}
      <div className={styles.listRow}>
        <input
          className={styles.text}
          list={`${id}-known`}
          value={adding}
          placeholder={placeholder}
          aria-label="A further name"
          onChange={e => setAdding(e.target.value)}
          onKeyDown={e => {
            if (e.key === 'Enter') add()
          }}
        />
        <datalist id={`${id}-known`}>
          {free.map(k => (
            <option key={k} value={k} />
          ))}
        </datalist>
        <button type="button" className={styles.remove} title="Add" aria-label="Add this name" onClick={add}>
          <Plus size={13} />
        </button>
      </div>
    </div>
  )
}
