import { Plus, X } from 'lucide-react'
import { useRef } from 'react'
import styles from './fields.module.css'
import { TextField } from './TextField.tsx'
import type { FieldProps } from './types.ts'

interface Props extends FieldProps<readonly string[]> {
  /** What one of them is called: `template`. */
  readonly one: string
  readonly placeholder?: string
}

/** An ordered list of texts, one a line. */
export function ListField({ id, name, value, isDefault, bad, set, one, placeholder }: Props) {
  const list = useRef<HTMLDivElement>(null)
  const focusAt = (index: number) =>
    requestAnimationFrame(() => list.current?.querySelectorAll('input')[index]?.focus())
  const add = () => {
    set([...value, ''])
    focusAt(value.length)
  }
  return (
    <div ref={list} className={styles.list} id={id}>
      {value.map((text, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the texts have no other name than their place
        <div key={`${i}/${value.length}`} className={styles.listRow}>
          <TextField
            id={`${id}-${i}`}
            name={`${name}.${i}`}
            value={text}
            isDefault={isDefault}
            bad={bad}
            placeholder={placeholder}
            label={`${one} ${i + 1}`}
            set={next => set(value.map((old, k) => (k === i ? (next ?? '') : old)))}
            onEnter={i === value.length - 1 ? add : () => focusAt(i + 1)}
          />
          <button
            type="button"
            className={styles.remove}
            title={`Remove this ${one}`}
            aria-label={`Remove ${one} ${i + 1}`}
            onClick={() => set(value.filter((_, k) => k !== i))}
          >
            <X size={13} />
          </button>
        </div>
      ))}
      <button type="button" className={styles.add} onClick={add}>
        <Plus size={13} /> Add {one}
      </button>
    </div>
  )
}
