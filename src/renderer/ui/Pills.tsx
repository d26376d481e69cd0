import styles from './Pills.module.css'

interface Props {
  readonly label: string
  readonly options: readonly { readonly key: string; readonly text: string }[]
  readonly value: string
  readonly onChange: (key: string) => void
}

/** A few things of which one is shown. */
export function Pills({ label, options, value, onChange }: Props) {
  return (
    <fieldset className={styles.pills} aria-label={label}>
      {options.map(({ key, text }) => (
        <button
          key={key}
          type="button"
          className={styles.pill}
          aria-pressed={key === value}
          title={key}
          onClick={() => onChange(key)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  )
}
