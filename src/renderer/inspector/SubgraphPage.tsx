import { Boxes, Share, Trash2 } from 'lucide-react'
import { own } from '../../graph/own.ts'
import { openDialog } from '../app/dialog-store.ts'
import { changeName, changePort } from '../canvas/subgraph-actions.ts'
import { useDocument } from '../state/index.ts'
import { defAt } from '../state/scope.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import styles from './inspector.module.css'
import { NameInput } from './NameInput.tsx'
import { Section } from './Section.tsx'
import page from './SubgraphPage.module.css'

/** The subgraph that is shown: its inputs and outputs, by name. */
export function SubgraphPage() {
  const name = useDocument(state => defAt(state.document, state.scope))
  const def = useDocument(state => (name === undefined ? undefined : own(state.document.defs, name)))
  if (name === undefined || !def) return null
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <span className={styles.icon}>
          <Boxes size={18} aria-hidden="true" />
        </span>
        <div className={styles.title}>
          <NameInput label="Name of the subgraph" value={name} set={changeName} />
        </div>
        <p className={styles.ids}>
          <span>subgraph</span>
        </p>
      </header>
      <Ports side="in" title="Inputs" names={def.in} />
      <Ports side="out" title="Outputs" names={Object.keys(def.out)} />
      <Section title="Share">
        {def.source && (
          <p className={styles.plain}>
            Copied from <code>{def.source.file}</code>
          </p>
        )}
        <div className={styles.buttons}>
          <Button small icon={<Share size={14} />} onClick={() => openDialog({ kind: 'share', def: name })}>
            Save as a file…
          </Button>
        </div>
      </Section>
    </div>
  )
}

interface PortsProps {
  readonly side: 'in' | 'out'
  readonly title: string
  readonly names: readonly string[]
}

function Ports({ side, title, names }: PortsProps) {
  const one = side === 'in' ? 'input' : 'output'
  return (
    <Section title={title} note={String(names.length)}>
      <p className={styles.plain}>
        Wire the <b>+</b> of {title} on the canvas to make another {one}.
      </p>
      {names.map(port => (
        <div key={port} className={page.port}>
          <NameInput
            label={`Name of the ${one} ${port}`}
            value={port}
            set={to => changePort(side, port, to)}
          />
          <IconButton
            small
            label={`Remove the ${one} ${port}`}
            icon={<Trash2 size={14} />}
            onClick={() => changePort(side, port, undefined)}
          />
        </div>
      ))}
    </Section>
  )
}
