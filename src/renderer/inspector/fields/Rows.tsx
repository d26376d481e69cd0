import { Plus, X } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import styles from './fields.module.css'

interface Props {
  readonly id: string
  readonly count: number
  /** What one of them is called: `template`. */
  readonly one: string
  /** The widget of the entry at a place; `next` goes to the entry after it, or adds one. */
  readonly row: (place: number, next: () => void) => ReactNode
  readonly add: () => void
  readonly remove: (place: number) => void
}

/** An ordered list, an entry a line, with buttons to add and to remove. */
export function Rows({ id, count, one, row, add, remove }: Props) {
  const list = useRef<HTMLDivElement>(null)
  const focusAt = (place: number) =>
    requestAnimationFrame(() =>
      list.current?.children[place]?.querySelector<HTMLElement>('input, select, textarea')?.focus(),
    )
  const addOne = () => {
    add()
    focusAt(count)
  }
  return (
    <div ref={list} className={styles.list} id={id}>
      {Array.from({ length: count }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the entries have no other name than their place
        <div key={`${i}/${count}`} className={styles.listRow}>
          {row(i, i === count - 1 ? addOne : () => focusAt(i + 1))}
          <button
            type="button"
            className={styles.remove}
            title={`Remove this ${one}`}
            aria-label={`Remove ${one} ${i + 1}`}
            onClick={() => remove(i)}
          >
            <X size={13} />
          </button>
        </div>
      ))}
      <button type="button" className={styles.add} onClick={addOne}>
        <Plus size={13} /> Add {one}
      </button>
    </div>
  )
}
