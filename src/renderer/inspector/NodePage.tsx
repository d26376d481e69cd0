import { Copy, RotateCcw, Trash2 } from 'lucide-react'
import { type CSSProperties, useMemo } from 'react'
import { defOf } from '../../graph/document.ts'
import { upToDate } from '../../graph/migrate.ts'
import { own } from '../../graph/own.ts'
import { registry } from '../../nodes/index.ts'
import { removeSelected, revealFromTop } from '../canvas/actions.ts'
import { CATEGORIES } from '../canvas/category.tsx'
import type { CardCategory } from '../canvas/model.ts'
import { duplicateSelected } from '../canvas/paste.ts'
import { docNow } from '../canvas/store.ts'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { trainRun, useRuns, useShown } from '../state/index.ts'
import { pathOf } from '../state/scope.ts'
import { IconButton } from '../ui/Button.tsx'
import { count, plural } from '../ui/format.ts'
import { Markdown } from '../ui/Markdown.tsx'
import { Cost } from './Cost.tsx'
import { FaultList } from './FaultList.tsx'
import { Field } from './Field.tsx'
import { TextField } from './fields/TextField.tsx'
import { type FormField, formFields, otherFaults } from './form-model.ts'
import styles from './inspector.module.css'
import { ModeIcons } from './ModeButtons.tsx'
import { Ports } from './Ports.tsx'
import { Section } from './Section.tsx'
import { SubgraphSection } from './SubgraphSection.tsx'

/** One node: its name, its faults, its settings, its wires, what it does. */
export function NodePage({ id }: { readonly id: string }) {
  const keys = useShownKeys()
  const json = useShown(state => own(state.document.nodes, id))
  const faults = useShown(state => state.faults.get(id))
  const def = json && registry.get(json.type)
  const params = useMemo(() => json && upToDate(def, json).params, [def, json])
  const fields = useMemo(() => (params ? formFields(def, params, faults) : []), [def, params, faults])
  if (!json) return null
  const isSubgraph = json.type.startsWith('def:')
  const category: CardCategory = def?.category ?? (isSubgraph ? 'subgraph' : 'missing')
  const { icon: Icon, colour } = CATEGORIES[category]
  const isNote = def?.kind === 'note'
  const rename = (title: string | undefined) =>
    docNow().run({ type: 'setTitle', node: id, title: title?.trim() || undefined })
  const reset = () => {
    const commands = Object.keys(json.params).map(name => ({
      type: 'setParam' as const,
      node: id,
      path: [name],
      value: undefined,
    }))
    docNow().run({ type: 'group', label: 'Reset node', commands }, 'Reset node')
  }
  const canReset = fields.some(f => f.isSet && !f.required) && !isNote
  return (
    <div className={styles.page} style={{ '--category': colour } as CSSProperties}>
      <header className={styles.head}>
        <span className={styles.icon}>
          <Icon size={18} aria-hidden="true" />
        </span>
        <div className={styles.title} title={json.title || def?.title}>
          <TextField
            id={`title-${id}`}
            name={`title ${id}`}
            label="Title"
            value={json.title}
            placeholder={def?.title ?? defOf(json.type) ?? json.type}
            isDefault={false}
            bad={false}
            set={rename}
          />
        </div>
        <p className={styles.ids}>
          <code title="The node's id: it never changes">{id}</code>
          <span>{json.type}</span>
        </p>
        <div className={styles.actions}>
          {def?.kind !== 'note' && <ModeIcons id={id} mode={json.mode} />}
          <IconButton
            small
            label="Duplicate"
            shortcut={keys('duplicate')}
            icon={<Copy size={15} />}
            onClick={duplicateSelected}
          />
          <IconButton
            small
            label="Delete"
            shortcut={keys('delete')}
            icon={<Trash2 size={15} />}
            onClick={removeSelected}
          />
        </div>
      </header>
      {isSubgraph && <SubgraphSection id={id} name={json.type.slice(4)} />}
      <NodeFaults fields={fields} faults={faults ?? []} inside={isSubgraph} />
      {fields.length > 0 && (
        <Section
          title={isNote ? 'Text' : 'Settings'}
          note={setNote(fields)}
          action={
            !isNote && (
              <IconButton
                small
                label="Reset all settings"
                icon={<RotateCcw size={13} />}
                disabled={!canReset && 'Every setting has its default'}
                onClick={reset}
              />
            )
          }
        >
          <Form id={id} fields={fields} type={json.type} />
        </Section>
      )}
      {isNote && typeof json.params.text === 'string' && json.params.text && (
        <Section title="Preview">
          <Markdown text={json.params.text} />
        </Section>
      )}
      {!isNote && (
        <Section title="Ports">
          <Ports id={id} />
        </Section>
      )}
      {!isNote && <Cost node={id} />}
      {def?.kind === 'train' && <Weights id={id} />}
      {def && !isNote && (
        <div data-about-node>
          <Section title="About this node" note={`version ${def.version}`}>
            <Markdown text={def.doc} />
          </Section>
        </div>
      )}
    </div>
  )
}

const setNote = (fields: readonly FormField[]): string | undefined => {
  const set = fields.filter(f => f.isSet).length
  return fields.length > 1 ? `${set} of ${fields.length} set` : undefined
}

interface FaultsProps {
  readonly fields: readonly FormField[]
  readonly faults: NonNullable<Parameters<typeof formFields>[2]>
  /** Those of a subgraph are mostly of nodes inside: they are named, and lead there. */
  readonly inside: boolean
}

function NodeFaults({ fields, faults, inside }: FaultsProps) {
  const rest = otherFaults(faults, fields)
  const show = (fault: (typeof rest)[number]) => revealFromTop(pathOf(docNow(), fault.node!))
  return rest.length === 0 ? null : (
    <div className={styles.faults}>
      {inside ? <FaultList faults={rest} onPick={show} /> : <FaultList faults={rest} compact />}
    </div>
  )
}

interface FormProps {
  readonly id: string
  readonly type: string
  readonly fields: readonly FormField[]
}

function Form({ id, type, fields }: FormProps) {
  const nodes = useShown(state => state.document.nodes)
  const checked = useShown(state => state.checked.nodes.get(id))
  const others = useMemo(
    () =>
      Object.entries(nodes)
        .filter(([other]) => other !== id)
        .map(([other, node]) => ({ value: other, label: node.title ? `${node.title} (${other})` : other })),
    [nodes, id],
  )
  const peers = useMemo(() => others.filter(o => nodes[o.value]!.type === type), [others, nodes, type])
  const dataset = checked?.inputs.dataset
  const schema = dataset && 'schema' in dataset ? dataset.schema : undefined
  const columns = useMemo(() => Object.keys(schema?.fields ?? {}), [schema])
  const label = schema && own(schema.fields, String(checked?.params.label ?? ''))
  const known = label?.kind === 'category' ? label.classes : NONE
  return fields.map(field => (
    <Field
      key={field.name}
      node={id}
      field={field}
      peers={peers}
      others={others}
      known={known}
      columns={columns}
    />
  ))
}

const NONE: readonly string[] = []

/** What the run says of the weights. */
function Weights({ id }: { readonly id: string }) {
  const parameters = useRuns(state => trainRun(id)(state)?.parameters)
  const loss = useShown(state => state.document.nodes[id]?.in.loss)
  // A run from elsewhere or from the cache doesn't say.
  if (!parameters) return null
  const losses = typeof loss === 'string' ? 1 : (loss?.length ?? 0)
  return (
    <Section title="Weights">
      <p className={styles.plain}>
        {count(parameters)} parameters trained by {plural(losses, 'loss', 'losses')}.
      </p>
    </Section>
  )
}
