import type { ReactNode } from 'react'
import type { FormField } from '../form-model.ts'
import styles from './fields.module.css'
import { Rows } from './Rows.tsx'
import type { FieldProps } from './types.ts'

type Entry = Readonly<Record<string, unknown>>

interface Props extends FieldProps<readonly Entry[]> {
  /** What one of them is called: `objective`. */
  readonly one: string
  /** The fields of one entry. */
  readonly fieldsOf: (entry: Entry) => readonly FormField[]
  /** The widget of one field of an entry. */
  readonly widget: (field: FormField, id: string, name: string, set: (value: unknown) => void) => ReactNode
}

/** An ordered list of entries with several settings each; what has its default is left out of the file. */
export function ObjectsField({ id, name, value, set, one, fieldsOf, widget }: Props) {
  const put = (place: number, key: string, next: unknown) => {
    const { [key]: _, ...rest } = value[place]!
    const entry = next === undefined ? rest : { ...value[place], [key]: next }
    set(value.map((old, k) => (k === place ? entry : old)))
  }
  return (
    <Rows
      id={id}
      count={value.length}
      one={one}
      add={() => set([...value, {}])}
      remove={i => set(value.filter((_, k) => k !== i))}
      row={i => (
        <div className={styles.entry}>
          {fieldsOf(value[i]!).map(field => {
            const inner = `${id}-${i}-${field.name}`
            return (
              <div key={field.name} className={styles.entryField} title={field.help}>
                <label htmlFor={inner} className={styles.entryLabel}>
                  {field.label}
                </label>
                <div className={styles.grow}>
                  {widget(field, inner, `${name}.${i}.${field.name}`, next => put(i, field.name, next))}
                </div>
              </div>
            )
          })}
        </div>
      )}
    />
  )
}
