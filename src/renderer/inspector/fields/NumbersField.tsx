import { useDraft } from '../use-draft.ts'
import styles from './fields.module.css'
import type { FieldProps } from './types.ts'
import { Why } from './Why.tsx'

/** A list of numbers of any length, apart by commas. */
export function NumbersField({ id, describedBy, name, value, bad, set }: FieldProps<readonly number[]>) {
  const draft = useDraft<readonly number[]>({
    id: name,
    value,
    show: v => v.join(', '),
    read: text => {
      const parts = text.split(/[\s,;]+/).filter(Boolean)
      const numbers = parts.map(Number)
      const wrong = parts.find((_, i) => !Number.isFinite(numbers[i]))
      return wrong === undefined
        ? { ok: true, value: numbers }
        : { ok: false, why: `"${wrong}" is no number` }
    },
    commit: set,
  })
  return (
    <>
      <input
        id={id}
        className={`${styles.text} ${styles.mono}`}
        data-bad={bad || draft.why !== undefined || undefined}
        value={draft.text}
        placeholder="1, 1"
        aria-describedby={describedBy}
        onChange={e => draft.type(e.target.value)}
        onBlur={draft.leave}
        onKeyDown={draft.keys}
      />
      <Why text={draft.why} />
    </>
  )
}
