import { Rows } from './Rows.tsx'
import { TextField } from './TextField.tsx'
import type { FieldProps } from './types.ts'

interface Props extends FieldProps<readonly string[]> {
  /** What one of them is called: `template`. */
  readonly one: string
  readonly placeholder?: string
}

/** An ordered list of texts, one a line. */
export function ListField({ id, name, value, isDefault, bad, set, one, placeholder }: Props) {
  return (
    <Rows
      id={id}
      count={value.length}
      one={one}
      add={() => set([...value, ''])}
      remove={i => set(value.filter((_, k) => k !== i))}
      row={(i, next) => (
        <TextField
          id={`${id}-${i}`}
          name={`${name}.${i}`}
          value={value[i]}
          isDefault={isDefault}
          bad={bad}
          placeholder={placeholder}
          label={`${one} ${i + 1}`}
          set={text => set(value.map((old, k) => (k === i ? (text ?? '') : old)))}
          onEnter={next}
        />
      )}
    />
  )
}
