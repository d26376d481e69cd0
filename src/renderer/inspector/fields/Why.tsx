import styles from './fields.module.css'

/** Why a typed text is not taken. */
export function Why({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : (
    <span className={styles.why} role="alert">
      {text.charAt(0).toUpperCase() + text.slice(1)}
    </span>
  )
}
