import { useDraft } from '../use-draft.ts'
import styles from './fields.module.css'
import { NamedRows } from './NamedRows.tsx'
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

/** Names, each with a list of texts, apart by commas. */
export function NamesField({ id, name, value, bad, set, known }: Props) {
  return (
    <NamedRows
      id={id}
      value={value}
      known={known}
      placeholder={known.some(k => !Object.hasOwn(value, k)) ? 'Class to rename…' : 'Name…'}
      first={key => [key]}
      set={set}
      row={(key, list, setList) => (
        <NameTexts
          id={`${id}-${key}`}
          name={`${name}.${key}`}
          label={`Names for ${key}`}
          value={list}
          isDefault={false}
          bad={bad}
          set={setList}
        />
      )}
    />
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
