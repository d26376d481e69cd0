import styles from './fields/fields.module.css'

interface Props {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
}

/** A name that counts when a person is done with it: what is half typed would be another name. */
export function NameInput({ label, value, set }: Props) {
  return (
    <input
      key={value}
      className={`${styles.text} ${styles.mono}`}
      type="text"
      autoComplete="off"
      spellCheck={false}
      aria-label={label}
      defaultValue={value}
      onBlur={event => {
        const next = event.currentTarget.value.trim()
        if (next && next !== value) set(next)
        else event.currentTarget.value = value
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') event.currentTarget.value = value
        if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur()
      }}
    />
  )
}
