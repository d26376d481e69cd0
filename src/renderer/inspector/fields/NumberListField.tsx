import type { ParamSchema } from '../../../graph/param-schema.ts'
import { NumberField } from './NumberField.tsx'
import { Rows } from './Rows.tsx'
import type { FieldProps } from './types.ts'

interface Props extends FieldProps<readonly number[]> {
  /** Of one number. */
  readonly schema: ParamSchema
  /** What one of them is called: `weight`. */
  readonly one: string
}

/** An ordered list of numbers, one a line; another one starts as 1, or as near to it as it may be. */
export function NumberListField({ id, name, value, isDefault, bad, set, schema, one }: Props) {
  const start = Math.min(Math.max(1, schema.minimum ?? 1), schema.maximum ?? 1)
  return (
    <Rows
      id={id}
      count={value.length}
      one={one}
      add={() => set([...value, start])}
      remove={i => set(value.filter((_, k) => k !== i))}
      row={i => (
        <NumberField
          id={`${id}-${i}`}
          name={`${name}.${i}`}
          value={value[i]}
          schema={schema}
          integer={schema.type === 'integer'}
          isDefault={isDefault}
          bad={bad}
          label={`${one} ${i + 1}`}
          set={next => next !== undefined && set(value.map((old, k) => (k === i ? next : old)))}
        />
      )}
    />
  )
}
