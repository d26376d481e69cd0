import { Redo2, Undo2 } from 'lucide-react'
import { useShownKeys } from '../commands/use-shown-keys.ts'
import { documentStore, useDocument } from '../state/index.ts'
import { IconButton } from '../ui/Button.tsx'
import { brief } from '../ui/brief.ts'
import { Tooltip } from '../ui/Tooltip.tsx'
import { AppMenu } from './AppMenu.tsx'
import { EngineChip } from './EngineChip.tsx'
import { Logo } from './Logo.tsx'
import { toggle } from './layout-store.ts'
import { PanelToggles } from './PanelToggles.tsx'
import { RunControls } from './RunControls.tsx'
import { RunProgress } from './RunProgress.tsx'
import { ThemeMenu } from './ThemeMenu.tsx'
import styles from './TopBar.module.css'

export function TopBar() {
  return (
    <header className={styles.bar}>
      <div className={styles.left}>
        <div className={styles.brand}>
          <Logo />
          <span className={styles.word}>Diptych</span>
        </div>
        <div className={styles.line} />
        <Title />
        <Undo />
      </div>
      <div className={styles.middle}>
        <RunControls />
      </div>
      <div className={styles.right}>
        <EngineChip />
        <div className={styles.line} />
        <PanelToggles />
        <ThemeMenu />
        <AppMenu />
      </div>
      <RunProgress />
    </header>
  )
}

/** The graph's title; shows the graph's settings in the inspector. */
function Title() {
  const title = useDocument(s => brief(s.document.meta.title))
  const path = useDocument(s => s.path)
  const dirty = useDocument(s => s.dirty)
  const file = path?.split(/[\\/]/).at(-1) ?? 'not saved yet'
  const edit = () => {
    documentStore.getState().select({ nodes: [], wire: null })
    toggle('inspector', true)
  }
  return (
    <Tooltip text={`${title}\n${path ?? 'Not saved yet'}${dirty ? '\nEdited since it was saved' : ''}`}>
      <button type="button" className={styles.title} onClick={edit}>
        <span className={styles.heading}>
          <span className={styles.name}>{title || 'Untitled graph'}</span>
          {dirty && <span role="img" aria-label="unsaved edits" className={styles.dirty} />}
        </span>
        <span className={styles.file}>{file}</span>
      </button>
    </Tooltip>
  )
}

function Undo() {
  const keys = useShownKeys()
  const undoLabel = useDocument(s => s.undoLabel)
  const redoLabel = useDocument(s => s.redoLabel)
  const reading = useDocument(s => s.lease.mode === 'reader')
  const off = (label: string | null, nothing: string) =>
    reading ? 'This document is read-only here' : label === null ? nothing : false
  return (
    <div className={styles.history}>
      <IconButton
        label={undoLabel === null ? 'Undo' : `Undo: ${undoLabel}`}
        icon={<Undo2 size={16} />}
        shortcut={keys('undo')}
        disabled={off(undoLabel, 'Nothing to undo')}
        onClick={() => documentStore.getState().undo()}
      />
      <IconButton
        label={redoLabel === null ? 'Redo' : `Redo: ${redoLabel}`}
        icon={<Redo2 size={16} />}
        shortcut={keys('redo')}
        disabled={off(redoLabel, 'Nothing to redo')}
        onClick={() => documentStore.getState().redo()}
      />
    </div>
  )
}
