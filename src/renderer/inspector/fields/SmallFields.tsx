import { ChevronDown } from 'lucide-react'
import type { ParamSchema } from '../../../graph/param-schema.ts'
import { useDraft } from '../use-draft.ts'
import styles from './fields.module.css'
import { NumberField } from './NumberField.tsx'
import type { FieldProps } from './types.ts'
import { Why } from './Why.tsx'

export function SwitchField({ id, describedBy, value, isDefault, set }: FieldProps<boolean>) {
  return (
    <button
      id={id}
      type="button"
      role="switch"
      className={styles.switch}
      data-default={isDefault || undefined}
      aria-checked={value}
      aria-describedby={describedBy}
      onClick={() => set(!value)}
    >
      <span className={styles.knob} />
    </button>
  )
}

interface ChoiceProps extends FieldProps<string | undefined> {
  readonly options: readonly { readonly value: string; readonly label: string }[]
  /** Shown where nothing is chosen. */
  readonly none?: string
}

export function ChoiceField({ id, describedBy, value, isDefault, bad, set, options, none }: ChoiceProps) {
  const stranger = value !== undefined && !options.some(o => o.value === value)
  return (
    <span className={styles.choice} data-bad={bad || undefined}>
      <select
        id={id}
        className={styles.select}
        data-default={isDefault || undefined}
        value={value ?? ''}
        aria-describedby={describedBy}
        aria-invalid={bad}
        onChange={e => set(e.target.value === '' ? undefined : e.target.value)}
      >
        {none !== undefined && <option value="">{none}</option>}
        {stranger && <option value={value}>{value} (not there)</option>}
        {options.map(o => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
      <ChevronDown size={13} className={styles.chevron} aria-hidden="true" />
    </span>
  )
}

interface TupleProps extends FieldProps<readonly number[]> {
  readonly schemas: readonly ParamSchema[]
  /** What each number is for, such as the colours. */
  readonly labels: readonly string[]
}

/** Some numbers side by side. */
export function TupleField({ id, name, value, isDefault, bad, set, schemas, labels }: TupleProps) {
  return (
    <div className={styles.tuple} id={id}>
      {schemas.map((schema, i) => (
        <div key={labels[i]} className={styles.grow}>
          <NumberField
            id={`${id}-${i}`}
            name={`${name}.${i}`}
            label={labels[i]}
            value={value[i]}
            schema={schema}
            integer={schema.type === 'integer'}
            isDefault={isDefault}
            bad={bad}
            set={next => set(value.map((old, k) => (k === i ? (next ?? old) : old)))}
          />
        </div>
      ))}
    </div>
  )
}

/** What no other widget is for: JSON, as the file has it. */
export function JsonField({ id, describedBy, name, value, bad, set }: FieldProps<unknown>) {
  const draft = useDraft<unknown>({
    id: name,
    value,
    show: v => (v === undefined ? '' : JSON.stringify(v)),
    read: text => {
      if (text.trim() === '') return { ok: true, value: undefined }
      try {
        return { ok: true, value: JSON.parse(text) }
      } catch {
        return { ok: false, why: 'not JSON; write texts in "quotes"' }
      }
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
        spellCheck={false}
        autoComplete="off"
        aria-describedby={describedBy}
        onChange={e => draft.type(e.target.value)}
        onBlur={draft.leave}
        onKeyDown={draft.keys}
      />
      <Why text={draft.why} />
    </>
  )
}
