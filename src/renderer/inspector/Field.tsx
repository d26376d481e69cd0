import { RotateCcw } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import { own } from '../../graph/own.ts'
import { whole } from '../ui/format.ts'
import { resetParam, setParam } from './edit.ts'
import { FaultList } from './FaultList.tsx'
import styles from './Field.module.css'
import { ChoicesField } from './fields/ChoicesField.tsx'
import { ListField } from './fields/ListField.tsx'
import { NamesField } from './fields/NamesField.tsx'
import { NumberField } from './fields/NumberField.tsx'
import { NumberListField } from './fields/NumberListField.tsx'
import { ObjectsField } from './fields/ObjectsField.tsx'
import { ChoiceField, JsonField, SwitchField, TupleField } from './fields/SmallFields.tsx'
import { TextArea, TextField } from './fields/TextField.tsx'
import { type FormField, knownFields } from './form-model.ts'
import { numberText } from './number-text.ts'

interface Props {
  readonly node: string
  readonly field: FormField
  /** Other nodes of the same type, for a reference. */
  readonly peers: readonly { readonly value: string; readonly label: string }[]
  /** All other nodes. */
  readonly others: Props['peers']
  /** Classes of the column that is named, which may get other names. */
  readonly known: readonly string[]
  /** Columns of the dataset that comes in. */
  readonly columns: readonly string[]
}

/** Widgets that stand beside their label; the others get the whole width below it. */
const BESIDE = new Set(['number', 'switch', 'maybe', 'choice'])

const YES_NO = ['yes', 'no'].map(value => ({ value, label: value }))

/** What an entry of a list looks like. */
const LIST_HINTS: Readonly<Record<string, string>> = {
  templates: 'a photo of a {}.',
  trainable: 'vision/*',
  select: 'lower(caption) AS caption',
  pictures: 'images/{id}.png',
  keys: 'id',
}

/** Parameters that name a column. */
const COLUMNS = new Set(['column', 'label', 'by'])

/** One parameter: what it is called, what it is, what is wrong with it, and the way back to its default. */
export const Field = memo(function Field(props: Props) {
  const { node, field } = props
  const { name, label, help, range, isSet, required } = field
  const id = `param-${node}-${name}`
  const beside = BESIDE.has(field.widget.kind)
  const optional = !required && field.default === undefined
  const canReset = isSet && !required
  const notes = [shownRange(range), isSet || required ? '' : optional ? 'optional' : 'default'].filter(
    Boolean,
  )
  return (
    <div className={styles.field} data-beside={beside || undefined} data-name={name}>
      <div className={styles.words}>
        <span className={styles.labelLine}>
          <label className={styles.label} htmlFor={id} title={`${node}.${name}`}>
            {label}
          </label>
          {canReset && (
            <button
              type="button"
              className={styles.reset}
              title={optional ? 'Leave it out' : `Back to the default, ${defaultText(field.default)}`}
              aria-label={`Reset ${label}`}
              onClick={() => resetParam(node, name)}
            >
              <RotateCcw size={12} />
            </button>
          )}
          {!beside && notes.length > 0 && <span className={styles.tag}>{notes.join(' · ')}</span>}
        </span>
        {help && (
          <span id={`${id}-help`} className={styles.help}>
            {help}
          </span>
        )}
      </div>
      <div className={styles.widget}>
        {widget(props, id, help ? `${id}-help` : undefined)}
        {notes.length > 0 && beside && <span className={styles.notes}>{notes.join(' · ')}</span>}
      </div>
      {field.faults.length > 0 && (
        <div className={styles.faults}>
          <FaultList faults={field.faults} compact />
        </div>
      )}
    </div>
  )
})

/** Where a value inside a list of entries stands, and how it is changed. */
interface Inside {
  readonly name: string
  readonly set: (next: unknown) => void
}

function widget(props: Props, id: string, describedBy: string | undefined, inside?: Inside): ReactNode {
  const { node, field, peers, others, known, columns } = props
  const { name, widget: w, value, isSet } = field
  const common = {
    id,
    describedBy,
    name: inside?.name ?? `${node}.${name}`,
    isDefault: !isSet,
    bad: field.faults.some(f => f.severity === 'error'),
    set: inside?.set ?? ((next: unknown) => setParam(node, name, next)),
  }
  switch (w.kind) {
    case 'number':
      return (
        <NumberField
          {...common}
          value={value as number | undefined}
          schema={w.schema}
          integer={w.integer}
          placeholder={field.default === undefined ? 'none' : undefined}
        />
      )
    case 'switch':
      return <SwitchField {...common} value={value === true} />
    case 'maybe':
      return (
        <ChoiceField
          {...common}
          value={value === undefined ? undefined : value === true ? 'yes' : 'no'}
          options={YES_NO}
          none="default"
          set={next => common.set(next === undefined ? undefined : next === 'yes')}
        />
      )
    case 'choice':
      return (
        <ChoiceField
          {...common}
          value={value as string | undefined}
          options={w.options.map(o => ({ value: o, label: o }))}
          none={field.required || field.default !== undefined ? undefined : 'none'}
        />
      )
    case 'text':
      return (
        <TextField
          {...common}
          value={value as string | undefined}
          mono={w.path}
          suggestions={COLUMNS.has(name) ? columns : undefined}
          placeholder={w.path ? 'beside the graph file' : field.default === undefined ? 'none' : undefined}
        />
      )
    case 'markdown':
      return <TextArea {...common} value={(value as string | undefined) ?? ''} rows={6} />
    case 'texts':
      return (
        <ListField
          {...common}
          value={(value as readonly string[] | undefined) ?? []}
          one={singular(name)}
          placeholder={own(LIST_HINTS, name) ?? ''}
        />
      )
    case 'numbers':
      return (
        <NumberListField
          {...common}
          value={(value as readonly number[] | undefined) ?? []}
          schema={w.schema}
          one={singular(name)}
        />
      )
    case 'objects':
      return (
        <ObjectsField
          {...common}
          value={(value as readonly Readonly<Record<string, unknown>>[] | undefined) ?? []}
          one={singular(name)}
          fieldsOf={entry => knownFields(w.schema, entry)}
          widget={(f, inner, place, set) =>
            widget({ ...props, field: f }, inner, undefined, { name: place, set })
          }
        />
      )
    case 'nodeId':
      return <ChoiceField {...common} value={value as string | undefined} options={others} none="none" />
    case 'names':
      return (
        <NamesField {...common} value={(value as Record<string, readonly string[]>) ?? {}} known={known} />
      )
    case 'choices':
      return (
        <ChoicesField
          {...common}
          value={(value as Record<string, string> | undefined) ?? {}}
          options={w.options}
          known={columns}
        />
      )
    case 'tuple':
      return (
        <TupleField
          {...common}
          value={value as readonly number[]}
          schemas={w.schemas}
          labels={w.schemas.length === 3 ? ['red', 'green', 'blue'] : w.schemas.map((_, i) => `${i + 1}`)}
        />
      )
    case 'node':
      return (
        <ChoiceField
          {...common}
          value={(value as { $node: string } | undefined)?.$node}
          options={peers}
          none={peers.length ? 'none' : 'no other node of this type'}
          set={next => common.set(next === undefined ? undefined : { $node: next })}
        />
      )
    case 'json':
      return <JsonField {...common} value={value} />
  }
}

/** All that 32 bits hold is no limit that anyone meets. */
const shownRange = (range: string): string =>
  range.replace(/^0–4294967295$/, '≥ 0').replace(/\d{5,}/g, n => whole(Number(n)))

const ENTRIES: Readonly<Record<string, string>> = { trainable: 'pattern', select: 'column', drop: 'column' }

const singular = (name: string): string => own(ENTRIES, name) ?? name.replace(/s$/, '')

const defaultText = (value: unknown): string =>
  typeof value === 'number'
    ? numberText(Number(value.toPrecision(6)))
    : typeof value === 'string'
      ? `"${value}"`
      : JSON.stringify(value)
