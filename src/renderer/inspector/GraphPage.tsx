import { CheckCircle2, Pencil, Workflow } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { Meta } from '../../graph/document.ts'
import type { Attribution } from '../../graph/schema.ts'
import { revealFromTop } from '../canvas/actions.ts'
import { documentStore, useDocument } from '../state/index.ts'
import { brief } from '../ui/brief.ts'
import { plural } from '../ui/format.ts'
import { Markdown } from '../ui/Markdown.tsx'
import { FaultList } from './FaultList.tsx'
import fieldStyles from './Field.module.css'
import { NumberField } from './fields/NumberField.tsx'
import { TextArea, TextField } from './fields/TextField.tsx'
import styles from './inspector.module.css'
import { Section } from './Section.tsx'

const SEED = { type: 'integer', minimum: 0, maximum: 0xffffffff }

const setMeta = (meta: Partial<Meta>): void => documentStore.getState().run({ type: 'setMeta', meta })

/** The graph as a whole: what it is called, what it is about, what is wrong in it. */
export function GraphPage() {
  const meta = useDocument(state => state.document.meta)
  const size = useDocument(state => Object.keys(state.document.nodes).length)
  const seedFaults = useDocument(state => state.faults.get(''))?.filter(d => d.field === 'meta.seed') ?? []
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <span className={styles.icon}>
          <Workflow size={18} aria-hidden="true" />
        </span>
        <div className={styles.title} title={brief(meta.title)}>
          <TextField
            id="graph-title"
            name="graph title"
            label="Title of the graph"
            value={meta.title}
            placeholder="Untitled"
            isDefault={false}
            bad={false}
            set={title => setMeta({ title: title ?? '' })}
          />
        </div>
        <p className={styles.ids}>
          <span>{plural(size, 'node')}</span>
        </p>
      </header>
      <Problems />
      <Section title="Graph">
        <div className={fieldStyles.field} data-beside>
          <div className={fieldStyles.words}>
            <label className={fieldStyles.label} htmlFor="graph-seed">
              Seed
            </label>
            <span className={fieldStyles.help}>The same seed gives the same run, to the last bit.</span>
          </div>
          <div className={fieldStyles.widget}>
            <NumberField
              id="graph-seed"
              name="graph seed"
              value={meta.seed}
              schema={SEED}
              integer
              isDefault={false}
              bad={seedFaults.length > 0}
              set={seed => setMeta({ seed: seed ?? 0 })}
            />
          </div>
        </div>
      </Section>
      <About text={meta.about ?? ''} />
      <Credits />
    </div>
  )
}

function Problems() {
  const all = useDocument(state => state.checked.diagnostics)
  const nodes = useDocument(state => state.document.nodes)
  const errors = all.filter(d => d.severity === 'error').length
  const notes = [
    errors && plural(errors, 'error'),
    all.length - errors && plural(all.length - errors, 'warning'),
  ]
  return (
    <Section title="Problems" note={notes.filter(Boolean).join(', ')}>
      {all.length === 0 ? (
        <p className={styles.good}>
          <CheckCircle2 size={15} aria-hidden="true" />
          {Object.keys(nodes).length
            ? 'No problems. Ready to run.'
            : 'An empty graph: add nodes from the palette.'}
        </p>
      ) : (
        <FaultList faults={all} onPick={fault => revealFromTop(fault.node!)} />
      )}
    </Section>
  )
}

function About({ text }: { readonly text: string }) {
  const [editing, setEditing] = useState(false)
  return (
    <Section title="About">
      {editing ? (
        <TextArea
          id="graph-about"
          name="graph about"
          label="What the graph is about, in Markdown"
          value={text}
          rows={5}
          isDefault={false}
          bad={false}
          set={about => setMeta({ about: about || undefined })}
        />
      ) : text ? (
        <Markdown text={text} />
      ) : (
        <p className={styles.plain}>Say what this graph is for, in Markdown with formulas.</p>
      )}
      <button type="button" className={styles.link} onClick={() => setEditing(!editing)}>
        {!editing && <Pencil size={12} />} {editing ? 'Done' : text ? 'Edit' : 'Write'}
      </button>
    </Section>
  )
}

/** Whose data the graph reads. */
function Credits() {
  const schemas = useDocument(state => state.schemas)
  const credits = useMemo(() => {
    const found = new Map<string, Attribution>()
    for (const s of Object.values(schemas))
      if (s.state === 'known') for (const a of s.schema.attribution ?? []) found.set(`${a.name}/${a.by}`, a)
    return [...found.values()]
  }, [schemas])
  if (credits.length === 0) return null
  return (
    <Section title="Credits">
      <ul className={styles.credits}>
        {credits.map(({ name, by, licence }) => (
          <li key={`${name}/${by}`}>
            {name} <span>{`${by} · ${licence}`}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
