import { ChevronDown, ChevronUp } from 'lucide-react'
import type { ParamSchema } from '../../../graph/param-schema.ts'
import { numberText, readNumber, readWithin, stepNumber } from '../number-text.ts'
import { useDraft } from '../use-draft.ts'
import styles from './fields.module.css'
import type { FieldProps } from './types.ts'
import { Why } from './Why.tsx'

interface Props extends FieldProps<number | undefined> {
  readonly schema: ParamSchema
  readonly integer: boolean
  readonly placeholder?: string
  readonly label?: string
  /** A number that is out of the schema's range is not taken; otherwise the checker says so. */
  readonly strict?: boolean
}

/** A number as text: arrows step it (with Shift by ten), powers of ten are welcome. */
export function NumberField(props: Props) {
  const { id, describedBy, name, value, schema, integer, isDefault, bad, set, placeholder, label } = props
  const draft = useDraft<number | undefined>({
    id: name,
    value,
    show: v => (v === undefined ? '' : numberText(v)),
    read: text =>
      text.trim() === '' && value === undefined
        ? { ok: true, value }
        : props.strict
          ? readWithin(text, integer, schema)
          : readNumber(text, integer),
    commit: set,
  })
  const step = (direction: 1 | -1, large: boolean) => {
    const reading = readNumber(draft.text, integer)
    const from = reading.ok ? reading.value : (value ?? schema.minimum ?? 0)
    draft.forget()
    set(stepNumber(from, direction, schema, integer, large))
  }
  return (
    <>
      <span className={styles.number} data-bad={bad || draft.why !== undefined || undefined}>
        <input
          id={id}
          className={styles.numberInput}
          data-default={isDefault || undefined}
          type="text"
          inputMode={integer ? 'numeric' : 'decimal'}
          autoComplete="off"
          spellCheck={false}
          value={draft.text}
          placeholder={placeholder}
          aria-label={label}
          aria-describedby={describedBy}
          aria-invalid={bad || draft.why !== undefined}
          onChange={e => draft.type(e.target.value)}
          onFocus={e => e.target.select()}
          onBlur={draft.leave}
          onKeyDown={e => {
            if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
              e.preventDefault()
              step(e.key === 'ArrowUp' ? 1 : -1, e.shiftKey)
            } else draft.keys(e)
          }}
        />
        <span className={styles.steppers} aria-hidden="true">
          <button type="button" tabIndex={-1} onClick={e => step(1, e.shiftKey)}>
            <ChevronUp size={11} />
          </button>
          <button type="button" tabIndex={-1} onClick={e => step(-1, e.shiftKey)}>
            <ChevronDown size={11} />
          </button>
        </span>
      </span>
      <Why text={draft.why} />
    </>
  )
}
