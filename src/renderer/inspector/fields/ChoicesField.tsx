import { NamedRows } from './NamedRows.tsx'
import { ChoiceField } from './SmallFields.tsx'
import type { FieldProps } from './types.ts'

interface Props extends FieldProps<Readonly<Record<string, string>>> {
  readonly options: readonly string[]
  /** Names that can be given, where they are known: the columns of a dataset. */
  readonly known: readonly string[]
}

/** Names, each with one of some choices: the kinds of columns. */
export function ChoicesField({ id, name, value, bad, set, options, known }: Props) {
  return (
    <NamedRows
      id={id}
      value={value}
      known={known}
      placeholder="Column…"
      first={() => options[0]!}
      set={set}
      row={(key, held, setHeld) => (
        <ChoiceField
          id={`${id}-${key}`}
          name={`${name}.${key}`}
          value={held}
          isDefault={false}
          bad={bad}
          options={options.map(o => ({ value: o, label: o }))}
          set={next => setHeld(next ?? options[0]!)}
        />
      )}
    />
  )
}
