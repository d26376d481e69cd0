import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useDraft } from '../use-draft.ts'
import styles from './fields.module.css'
import type { FieldProps } from './types.ts'
import { Why } from './Why.tsx'

type Names = Readonly<Record<string, readonly string[]>>

interface Props extends FieldProps<Names> {
  /** Names that can be given, where they are known: the classes of a column. */
  readonly known: readonly string[]
}

const texts = (line: string): string[] =>
  line
    .split(',')
    .map(t => t.trim())
    .filter(Boolean)

/** Names, each with a list of texts: one a line, the texts apart by commas. */
export function NamesField({ id, name, value, bad, set, known }: Props) {
  const [adding, setAdding] = useState('')
  const entries = Object.entries(value)
  const free = known.filter(k => !Object.hasOwn(value, k))
  const add = () => {
    const key = adding.trim()
    if (!key || Object.hasOwn(value, key)) return
    set({ ...value, [key]: [key] })
    setAdding('')
  }
  return (
    <div className={styles.list} id={id}>
      {entries.map(([key, list]) => (
        <div key={key} className={styles.nameRow}>
          <span className={styles.nameKey} title={key}>
            {key}
          </span>
          <NameTexts
            id={`${id}-${key}`}
            name={`${name}.${key}`}
            label={`Names for ${key}`}
            value={list}
            isDefault={false}
            bad={bad}
            set={next => set(Object.fromEntries(entries.map(([k, v]) => [k, k === key ? next : v])))}
          />
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
          placeholder={free.length ? 'Class to rename…' : 'Name…'}
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

function NameTexts({
  id,
  name,
  value,
  bad,
  set,
  label,
}: FieldProps<readonly string[]> & { readonly label: string }) {
  const draft = useDraft<readonly string[]>({
    id: name,
    value,
    show: v => v.join(', '),
    read: text => {
      const list = texts(text)
      return list.length ? { ok: true, value: list } : { ok: false, why: 'at least one name' }
    },
    commit: set,
  })
  return (
    <span className={styles.grow}>
      <input
        id={id}
        className={styles.text}
        data-bad={bad || undefined}
        value={draft.text}
        aria-label={label}
        onChange={e => draft.type(e.target.value)}
        onBlur={draft.leave}
        onKeyDown={draft.keys}
      />
      <Why text={draft.why} />
    </span>
  )
}
