import { useLayoutEffect, useRef } from 'react'
import { useDraft } from '../use-draft.ts'
import styles from './fields.module.css'
import type { FieldProps } from './types.ts'

interface Props extends FieldProps<string | undefined> {
  readonly placeholder?: string
  readonly mono?: boolean
  readonly label?: string
  /** What is likely meant, offered while typing. */
  readonly suggestions?: readonly string[]
  /** Enter was pressed, after the edit. */
  readonly onEnter?: () => void
}

export function TextField(props: Props) {
  const {
    id,
    describedBy,
    name,
    value,
    isDefault,
    bad,
    set,
    placeholder,
    mono,
    label,
    onEnter,
    suggestions,
  } = props
  const draft = useDraft<string | undefined>({
    id: name,
    value,
    show: v => v ?? '',
    // Emptied, a text that has no default is taken out again.
    read: text => ({ ok: true, value: text === '' && value === undefined ? undefined : text }),
    commit: set,
  })
  const input = (
    <input
      id={id}
      list={suggestions && `${id}-list`}
      className={mono ? `${styles.text} ${styles.mono}` : styles.text}
      data-default={isDefault || undefined}
      data-bad={bad || undefined}
      type="text"
      autoComplete="off"
      spellCheck={false}
      value={draft.text}
      placeholder={placeholder}
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={bad}
      onChange={e => draft.type(e.target.value)}
      onBlur={draft.leave}
      onKeyDown={e => {
        draft.keys(e)
        if (e.key === 'Enter') onEnter?.()
      }}
    />
  )
  if (!suggestions) return input
  return (
    <>
      {input}
      <datalist id={`${id}-list`}>
        {suggestions.map(text => (
          <option key={text} value={text} />
        ))}
      </datalist>
    </>
  )
}

interface AreaProps extends FieldProps<string> {
  readonly rows: number
  readonly label?: string
}

/** A text of several lines that grows with what is in it. */
export function TextArea({ id, describedBy, name, value, bad, set, rows, label }: AreaProps) {
  const host = useRef<HTMLTextAreaElement>(null)
  const draft = useDraft<string>({
    id: name,
    value,
    show: v => v,
    read: text => ({ ok: true, value: text }),
    commit: set,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: its height follows the text
  useLayoutEffect(() => {
    const area = host.current!
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight + 2}px`
  }, [draft.text])
  return (
    <textarea
      ref={host}
      id={id}
      className={styles.area}
      data-bad={bad || undefined}
      rows={rows}
      value={draft.text}
      aria-label={label}
      aria-describedby={describedBy}
      onChange={e => draft.type(e.target.value)}
      onBlur={draft.leave}
      onKeyDown={e => {
        if (e.key === 'Escape') draft.keys(e)
      }}
    />
  )
}
