import { SlidersHorizontal } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { ParamChange } from '../../protocol/messages.ts'
import { steppedTrain } from '../app/run-controls.ts'
import { NumberField } from '../inspector/fields/NumberField.tsx'
import { NumberListField } from '../inspector/fields/NumberListField.tsx'
import { ChoiceField, SwitchField } from '../inspector/fields/SmallFields.tsx'
import type { FormField } from '../inspector/form-model.ts'
import { shownRun, useRuns } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { classes } from '../ui/classes.ts'
import { plural, whole } from '../ui/format.ts'
import { EditList } from './EditList.tsx'
import { Empty } from './Empty.tsx'
import styles from './LiveTab.module.css'
import { changeFaults, changesOf, type LiveNode, liveNodes } from './live-params.ts'
import { type Fate, fateOf, type Sent } from './live-sent.ts'
import tab from './tab.module.css'

/** Settings of a training that is under way: changed together, from its next step on. */
export function LiveTab() {
  const run = useRuns(shownRun)
  const graph = useRuns(state => state.ran)
  const train = steppedTrain(run)
  if (!run || !graph || !train || run.info.state === 'stopping')
    return (
      <Empty icon={SlidersHorizontal} title="Nothing is training">
        While a run trains, its learning rate, loss weights and other numbers can be changed here.
      </Empty>
    )
  const nodes = liveNodes(graph, train.node, run.edits, train.taken)
  return (
    <Live
      key={`${run.info.id} ${train.node}`}
      train={train.node}
      next={train.taken}
      isHeld={run.info.state === 'paused'}
      nodes={nodes}
      told={run}
    />
  )
}

interface LiveProps {
  readonly train: string
  readonly next: number
  readonly isHeld: boolean
  readonly nodes: readonly LiveNode[]
  readonly told: Sent
}

const placeOf = (node: string, param: string): string => `${node}.${param}`

function Live({ train, next, isHeld, nodes, told }: LiveProps) {
  const edit = useRuns(state => state.edit)
  const [drafts, setDrafts] = useState<ReadonlyMap<string, ParamChange>>(new Map())
  const changes = useMemo(() => changesOf(nodes, drafts.values()), [nodes, drafts])
  const faults = useMemo(() => changeFaults(nodes, changes), [nodes, changes])
  const [sent, setSent] = useState<Sent | null>(null)
  const fate = sent && fateOf(sent, told)
  const isPending = fate?.is === 'pending'
  // A draft is kept until it counts: one that is refused can be put right.
  useEffect(() => {
    if (fate?.is !== 'made') return
    setSent(null)
    setDrafts(new Map())
  }, [fate?.is])
  const drop = () => {
    setSent(null)
    setDrafts(new Map())
  }
  const set = (node: string, param: string) => (value: unknown) => {
    if (!isPending) setSent(null)
    setDrafts(before => new Map(before).set(placeOf(node, param), { node, param, value }))
  }
  const off =
    (changes.length === 0 && 'Nothing was changed') ||
    (isPending && 'The step is being compiled with what was changed') ||
    (faults[0] ?? false)
  const apply = async () => {
    setSent({ edits: told.edits, log: told.log })
    if (!(await edit(changes))) setSent(null)
  }
  const when = isHeld ? `step ${whole(next)}` : 'the next step'
  return (
    <form
      className={classes(tab.page, tab.stack, styles.live)}
      aria-label="Live settings"
      onSubmit={event => {
        event.preventDefault()
        if (off === false) void apply()
      }}
    >
      <div className={classes(tab.row, styles.tools)}>
        <Button small kind="primary" disabled={off} onClick={() => void apply()}>
          Apply from {when}
        </Button>
        <Button small kind="quiet" disabled={changes.length === 0 && 'Nothing was changed'} onClick={drop}>
          Take back
        </Button>
        <span className={styles.hint} role="status" data-bad={fate?.is === 'refused' || undefined}>
          {hintOf(fate, faults[0], changes.length)}
        </span>
      </div>
      <EditList train={train} />
      <div className={styles.nodes}>
        {nodes.map(({ id, title, fields }) => (
          <fieldset key={id} className={styles.node}>
            <legend>
              {title} <code>{id}</code>
            </legend>
            {fields.map(field => {
              const draft = drafts.get(placeOf(id, field.name))
              return (
                <div
                  key={field.name}
                  className={styles.field}
                  data-changed={draft !== undefined || undefined}
                >
                  <label htmlFor={`live-${id}-${field.name}`} title={field.help}>
                    {field.label}
                  </label>
                  <Control
                    node={id}
                    field={draft ? { ...field, value: draft.value, isSet: true } : field}
                    set={set(id, field.name)}
                  />
                </div>
              )
            })}
          </fieldset>
        ))}
      </div>
    </form>
  )
}

function hintOf(fate: Fate | null, fault: string | undefined, changes: number): string {
  if (fate?.is === 'pending') return 'The step is being compiled with what was changed …'
  if (fate?.is === 'refused') return fate.why
  if (fault !== undefined) return fault
  return changes > 0
    ? `${plural(changes, 'change')}. The step is compiled again first; the graph on the canvas stays as it is.`
    : 'Changed here, a setting counts for this run alone, from one step on.'
}

interface ControlProps {
  readonly node: string
  readonly field: FormField
  readonly set: (value: unknown) => void
}

function Control({ node, field, set }: ControlProps) {
  const { name, widget, value, isSet } = field
  const common = {
    id: `live-${node}-${name}`,
    name: `live ${node}.${name}`,
    isDefault: !isSet,
    bad: false,
    set,
  }
  switch (widget.kind) {
    case 'number':
      return (
        <NumberField
          {...common}
          value={value as number | undefined}
          schema={widget.schema}
          integer={widget.integer}
          placeholder="none"
        />
      )
    case 'switch':
      return <SwitchField {...common} value={value === true} />
    case 'choice':
      return (
        <ChoiceField
          {...common}
          value={value as string | undefined}
          options={widget.options.map(o => ({ value: o, label: o }))}
          none={undefined}
        />
      )
    case 'numbers':
      return (
        <NumberListField
          {...common}
          value={(value as readonly number[] | undefined) ?? []}
          schema={widget.schema}
          one={name.replace(/s$/, '')}
        />
      )
    default:
      return null
  }
}
