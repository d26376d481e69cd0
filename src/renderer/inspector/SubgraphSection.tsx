import { LogIn, PackageOpen, RefreshCw, Share } from 'lucide-react'
import { own } from '../../graph/own.ts'
import { openDialog } from '../app/dialog-store.ts'
import { enter, unpackSelected } from '../canvas/subgraph-actions.ts'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { useShown } from '../state/index.ts'
import { Button } from '../ui/Button.tsx'
import { plural } from '../ui/format.ts'
import styles from './inspector.module.css'
import { Section } from './Section.tsx'

/** What can be done with a node that uses a subgraph. */
export function SubgraphSection({ id, name }: { readonly id: string; readonly name: string }) {
  const keys = useShownKeys()
  const def = useShown(state => own(state.document.defs, name))
  if (!def) return null
  const uses = `${plural(Object.keys(def.nodes).length, 'node')} inside. An edit of them holds wherever “${name}” is used.`
  return (
    <Section title="Subgraph" note={name}>
      <p className={styles.plain}>{uses}</p>
      {def.source && (
        <p className={styles.plain}>
          Copied from <code>{def.source.file}</code>
        </p>
      )}
      <div className={styles.buttons}>
        <Button
          small
          kind="primary"
          icon={<LogIn size={14} />}
          shortcut={keys('enterSubgraph')}
          onClick={() => enter(id)}
        >
          Enter
        </Button>
        <Button
          small
          icon={<PackageOpen size={14} />}
          shortcut={keys('unpackSubgraph')}
          onClick={unpackSelected}
        >
          Unpack
        </Button>
        <Button small icon={<Share size={14} />} onClick={() => openDialog({ kind: 'share', def: name })}>
          Save as a file…
        </Button>
        {def.source && (
          <Button
            small
            icon={<RefreshCw size={14} />}
            onClick={() => openDialog({ kind: 'update', def: name })}
          >
            Update from its file…
          </Button>
        )}
      </div>
    </Section>
  )
}
